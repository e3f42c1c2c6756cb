using static PluginLens.Host.Tests.SampleResults;

namespace PluginLens.Host.Tests;

/// <summary>What a run does to what is in its place: another run, what broke off, something else.</summary>
public sealed class ReplacedRunTests : InRunFolder
{
    [Test]
    public void FolderWithARun_IsNotReplacedUnlessAsked()
    {
        Run<Some>();
        var before = Contents(Place);

        Assert.That(() => Run<Figures>(), Throws.TypeOf<UsageException>().With.Message.Contains("holds a run of 'inline'").And.Message.Contains("--force"));
        Assert.That(Contents(Place), Is.EqualTo(before));
    }

    [Test]
    public void FolderOfSomethingElse_FileLinkAndNothing_AreRefused_WhateverIsAsked()
    {
        Folder.File("run/thesis.txt", "mine");
        Assert.That(() => Run<Some>(replaces: true), Throws.TypeOf<UsageException>().With.Message.Contains("holds no run"));
        Folder.File("run/run.json", "no JSON");
        Assert.That(() => Run<Some>(replaces: true), Throws.TypeOf<UsageException>().With.Message.Contains("holds no run"));
        Assert.That(() => Execute<Some>(new RunPlace(Folder.File("file", "x"))), Throws.TypeOf<UsageException>().With.Message.Contains("is a file"));
        Assert.That(() => Execute<Some>(new RunPlace(" ")), Throws.TypeOf<UsageException>().With.Message.Contains("--out is empty"));
        var link = Path.Combine(Folder.Path, "link");
        Directory.CreateSymbolicLink(link, Directory.CreateDirectory(Path.Combine(Folder.Path, "elsewhere")).FullName);
        Assert.That(() => Execute<Some>(new RunPlace(link) { Replaces = true }), Throws.TypeOf<UsageException>().With.Message.Contains("is a link"));
        Assert.That(Files(Path.Combine(Folder.Path, "elsewhere")), Is.Empty);
    }

    [Test]
    public void ReplacedRun_WhatItDidNotWriteOrWasChanged_IsKeptBesideThePlace()
    {
        Run<Figures>();
        Folder.File("run/mine.txt", "keep");
        Folder.File("run/figures/map.json", "edited");
        var outside = Folder.File("outside.csv", "keep");
        File.CreateSymbolicLink(Path.Combine(Place, "planted.csv"), outside);

        var result = Run<Some>(replaces: true);

        Assert.That(Files(Place), Is.EquivalentTo(["run.json", "pairs.csv"]));
        Assert.That(Files(Place + ".before-1"), Is.EquivalentTo(["mine.txt", "figures/map.json", "planted.csv"]));
        Assert.That(result.Said, Does.Contain(".before-1"));
        Assert.That(File.ReadAllText(outside), Is.EqualTo("keep"));
    }

    [Test]
    public void ReplacedRun_FolderThatBecameALink_IsNotFollowed()
    {
        Run<Figures>();
        var elsewhere = Path.Combine(Folder.Path, "elsewhere");
        Directory.Move(Path.Combine(Place, "figures"), elsewhere);
        Directory.CreateSymbolicLink(Path.Combine(Place, "figures"), elsewhere);

        Run<Some>(replaces: true);

        Assert.That(Files(elsewhere), Is.EquivalentTo(["map.json", "points.json"]));
        Assert.That(Files(Place), Is.EquivalentTo(["run.json", "pairs.csv"]));
    }

    [Test]
    public void ForeignRunJson_NeverDecidesWhatIsDeleted()
    {
        var outside = Folder.File("outside.txt", "keep");
        Folder.File("run/thesis.txt", "mine");
        Folder.File("run/run.json", """{"plugin":"x","files":["thesis.txt"],"files_sha256":{"thesis.txt":"0","../outside.txt":"0","figures/../../outside.txt":"0"}}""");

        Run<Some>(replaces: true);

        Assert.That(File.Exists(outside));
        Assert.That(File.ReadAllText(Path.Combine(Place + ".before-1", "thesis.txt")), Is.EqualTo("mine"));
    }

    [Test]
    public void BrokenOff_KeepsTheEarlierRun_AndItsRowsBesideIt()
    {
        Run<Some>();
        var before = Contents(Place);

        var result = Run<BreaksOff>(replaces: true);

        Assert.That(Contents(Place), Is.EqualTo(before));
        Assert.That(Files(Place + ".incomplete"), Is.EquivalentTo(["run.json", "pairs.incomplete.csv"]));
        Assert.That((result.Folder, result.Said), Is.EqualTo((Place + ".incomplete", $"'{Place}' keeps the run that it held; what this one finished is in '{Place}.incomplete'.")));

        // Where nothing was, it is its own place; a whole run replaces it only when asked.
        var alone = new RunPlace(Path.Combine(Folder.Path, "alone"));
        Execute<BreaksOff>(alone);
        Assert.That(Files(alone.Path), Is.EquivalentTo(["run.json", "pairs.incomplete.csv"]));
        Assert.That(() => Execute<Some>(alone), Throws.TypeOf<UsageException>().With.Message.Contains("(failed)"));
        Execute<Some>(alone with { Replaces = true });
        Assert.That(Files(alone.Path), Is.EquivalentTo(["run.json", "pairs.csv"]));
    }

    [Test]
    public void WrongRequest_LeavesNothingAndAnEarlierRunAlone()
    {
        Run<Some>();
        var before = Contents(Place);

        Run<AsksForTooMuch>(replaces: true);
        Execute<AsksForTooMuch>(new RunPlace(Path.Combine(Folder.Path, "unused")));

        Assert.That(Contents(Place), Is.EqualTo(before));
        Assert.That(Directory.GetFileSystemEntries(Folder.Path).Select(Path.GetFileName), Is.EqualTo(new[] { "run" }));
    }

    [Test]
    public void SecondRunIntoThePlace_IsRefusedWhileOneGoes()
    {
        using var first = new RunFolder(new RunPlace(Place));

        Assert.That(() => Run<Some>(), Throws.TypeOf<UsageException>().With.Message.Contains("another run is being written there"));
        first.Abandon();
        first.Dispose();
        Run<Some>();
        Assert.That(Files(Place), Has.Member("pairs.csv"));
    }

    [Test]
    public void KilledRun_LeavesThePlaceAsItWas_AndItsRowsAreKept()
    {
        Run<Some>();
        var before = Contents(Place);
        Directory.CreateDirectory(Path.Combine(Folder.Path, ".run.running"));
        Folder.File(".run.running/pairs.csv", "layer\n1\n");
        Folder.File(".run.running.lock", string.Empty);

        var result = Run<Figures>(replaces: true);

        Assert.That(result.Said, Does.Contain("killed"));
        Assert.That(Files(Place + ".incomplete"), Is.EqualTo(new[] { "pairs.csv" }));
        Assert.That(Contents(Place), Is.Not.EqualTo(before));
    }

    [Test]
    public void PlaceThatCannotBeWritten_IsSaidBeforeAnythingRuns()
    {
        var ran = Counts.Times;
        Assert.That(() => Execute<Counts>(new RunPlace(Path.Combine(Folder.File("file", "x"), "run"))), Throws.TypeOf<UsageException>().With.Message.Contains("--out"));
        Assert.That(Counts.Times, Is.EqualTo(ran));
    }

    private sealed class AsksForTooMuch : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
            context.Results.Table<Row>("pairs");
            throw new UsageException("--layer 9: this model has layers 0 to 3.");
        }
    }

    private sealed class BreaksOff : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
            new Some().Run(context);
            throw new InvalidOperationException("broke off");
        }
    }

    private sealed class Counts : IAnalysis
    {
        public static int Times { get; private set; }

        public void Run(AnalysisContext context) => Times++;
    }
}
