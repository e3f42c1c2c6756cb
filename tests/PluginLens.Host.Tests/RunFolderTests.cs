using System.Diagnostics;
using Newtonsoft.Json.Linq;
using static PluginLens.Host.Tests.SampleResults;

namespace PluginLens.Host.Tests;

/// <summary>What a run leaves in its place, and what it does to what is there.</summary>
public sealed class RunFolderTests
{
    private TemporaryFolder _folder = null!;

    private string Place => Path.Combine(_folder.Path, "run");

    [SetUp]
    public void Make() => _folder = new TemporaryFolder();

    [TearDown]
    public void Remove() => _folder.Dispose();

    [Test]
    public void Folder_HasProvenanceTablesAndFigures_AndNothingLiesBesideIt()
    {
        Run<Some>();
        Assert.That(Read("pairs.csv"), Is.EqualTo(Written<Some>("csv")));
        Assert.That(Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName), Is.EqualTo(new[] { "run" }));

        Run<Figures>(replaces: true);

        Assert.That(Files(Place), Is.EquivalentTo(["run.json", "figures/map.json", "figures/points.json"]));
        var run = JObject.Parse(Read("run.json"));
        Assert.That(run["files"]!.Values<string>(), Is.EqualTo(["figures/map.json", "figures/points.json"]));
        Assert.That((string?)run["files_sha256"]!["figures/map.json"], Is.EqualTo(FileHash.Of(Path.Combine(Place, "figures", "map.json"))));
        Assert.That(((string?)run["plugin"], (string?)run["contract_version"], (string?)run["status"]), Is.EqualTo(("inline", "1.0", "complete")));
        Assert.That(Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName), Is.EqualTo(new[] { "run" }));
    }

    [Test]
    public void Figures_AreDrawnBesideTheirData_AndBelongToTheRun()
    {
        var place = new RunPlace(Place) { Pictures = [("txt", (figure, stream) => stream.Write(System.Text.Encoding.UTF8.GetBytes(figure.Title)))] };
        AnalysisRun.Execute(InlinePlugin.Request(InlinePlugin.Of<Figures>()) with { Out = place });

        Assert.That((Read("figures/map.txt"), Read("figures/points.txt")), Is.EqualTo(("Title", "Points")));
        Assert.That(JObject.Parse(Read("run.json"))["files"]!.Values<string>(), Is.EqualTo(["figures/map.json", "figures/map.txt", "figures/points.json", "figures/points.txt"]));
        Assert.That(RecordedRun.Read(Place).FigureNames, Is.EqualTo(["map", "points"]));
    }

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
        _folder.File("run/thesis.txt", "mine");
        Assert.That(() => Run<Some>(replaces: true), Throws.TypeOf<UsageException>().With.Message.Contains("holds no run"));
        _folder.File("run/run.json", "no JSON");
        Assert.That(() => Run<Some>(replaces: true), Throws.TypeOf<UsageException>().With.Message.Contains("holds no run"));
        Assert.That(() => Execute<Some>(new RunPlace(_folder.File("file", "x"))), Throws.TypeOf<UsageException>().With.Message.Contains("is a file"));
        Assert.That(() => Execute<Some>(new RunPlace(" ")), Throws.TypeOf<UsageException>().With.Message.Contains("--out is empty"));
        var link = Path.Combine(_folder.Path, "link");
        Directory.CreateSymbolicLink(link, Directory.CreateDirectory(Path.Combine(_folder.Path, "elsewhere")).FullName);
        Assert.That(() => Execute<Some>(new RunPlace(link) { Replaces = true }), Throws.TypeOf<UsageException>().With.Message.Contains("is a link"));
        Assert.That(Files(Path.Combine(_folder.Path, "elsewhere")), Is.Empty);
    }

    [Test]
    public void ReplacedRun_WhatItDidNotWriteOrWasChanged_IsKeptBesideThePlace()
    {
        Run<Figures>();
        _folder.File("run/mine.txt", "keep");
        _folder.File("run/figures/map.json", "edited");
        var outside = _folder.File("outside.csv", "keep");
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
        var elsewhere = Path.Combine(_folder.Path, "elsewhere");
        Directory.Move(Path.Combine(Place, "figures"), elsewhere);
        Directory.CreateSymbolicLink(Path.Combine(Place, "figures"), elsewhere);

        Run<Some>(replaces: true);

        Assert.That(Files(elsewhere), Is.EquivalentTo(["map.json", "points.json"]));
        Assert.That(Files(Place), Is.EquivalentTo(["run.json", "pairs.csv"]));
    }

    [Test]
    public void ForeignRunJson_NeverDecidesWhatIsDeleted()
    {
        var outside = _folder.File("outside.txt", "keep");
        _folder.File("run/thesis.txt", "mine");
        _folder.File("run/run.json", """{"plugin":"x","files":["thesis.txt"],"files_sha256":{"thesis.txt":"0","../outside.txt":"0","figures/../../outside.txt":"0"}}""");

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
        var alone = new RunPlace(Path.Combine(_folder.Path, "alone"));
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
        Execute<AsksForTooMuch>(new RunPlace(Path.Combine(_folder.Path, "unused")));

        Assert.That(Contents(Place), Is.EqualTo(before));
        Assert.That(Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName), Is.EqualTo(new[] { "run" }));
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
        Directory.CreateDirectory(Path.Combine(_folder.Path, ".run.running"));
        _folder.File(".run.running/pairs.csv", "layer\n1\n");
        _folder.File(".run.running.lock", string.Empty);

        var result = Run<Figures>(replaces: true);

        Assert.That(result.Said, Does.Contain("killed"));
        Assert.That(Files(Place + ".incomplete"), Is.EqualTo(new[] { "pairs.csv" }));
        Assert.That(Contents(Place), Is.Not.EqualTo(before));
    }

    [Test]
    public void PlaceThatCannotBeWritten_IsSaidBeforeAnythingRuns()
    {
        var ran = Counts.Times;
        Assert.That(() => Execute<Counts>(new RunPlace(Path.Combine(_folder.File("file", "x"), "run"))), Throws.TypeOf<UsageException>().With.Message.Contains("--out"));
        Assert.That(Counts.Times, Is.EqualTo(ran));
    }

    [Test]
    public void NamesInThePlace_AreFilledIn()
    {
        var result = Execute<Some>(new RunPlace(Path.Combine(_folder.Path, "{plugin}-{model}")));

        Assert.That(Path.GetFileName(result.Folder), Is.EqualTo($"inline-{TestModels.Tiny.Config.Name}"));
    }

    [TestCase("run.json")]
    [TestCase("RUN.JSON")]
    [TestCase("resume.json")]
    [TestCase("figures")]
    [TestCase("pairs.csv")]
    [TestCase("Pairs.CSV")]
    [TestCase("pairs.incomplete.csv")]
    [TestCase("CON")]
    [TestCase("nul.txt")]
    [TestCase("com1.tar.gz")]
    [TestCase("a\nb")]
    [TestCase("trailing.")]
    [TestCase("trailing ")]
    [TestCase("a:b")]
    [TestCase("what?")]
    [TestCase("")]
    public void FileNames_ThatCollideWithTheHostsOrASystems_AreRefused(string name)
    {
        WritesFile.Name = name;

        Assert.That(Run<WritesFile>().Error?.Message, Does.Contain("File '"));
    }

    [Test]
    public void ManyRows_AreCountedAndKeptInTheFolder_AndFewAreHeld()
    {
        var result = Run<Many>();

        Assert.That((result.Tables[0].Count, result.Tables[0].Rows.Count), Is.EqualTo((Many.Rows, 100_000)));
        Assert.That(File.ReadLines(Path.Combine(Place, "rows.csv")).Count(), Is.EqualTo(Many.Rows + 1));
        Assert.That(TableLine.Of(result.Tables[0], 5).Last().Omitted, Does.Contain($"{Many.Rows} rows in all"));
        Assert.That(() => ResultWriter.Of("csv").Write(result, TextWriter.Null, new ResultView()), Throws.TypeOf<UsageException>().With.Message.Contains("too many to print again"));
    }

    [TestCase(TableFormat.Csv)]
    [TestCase(TableFormat.Parquet)]
    public void ManyRows_AreChosenFromTheFolder_WhereFewAreHeld(TableFormat format)
    {
        var result = Execute<Many>(new RunPlace(Place) { Tables = format });
        string Csv(TableQuery query)
        {
            using var text = new StringWriter();
            ResultWriter.Of("csv").Write(result, text, new ResultView { Query = query });
            return text.ToString();
        }

        Assert.That(Csv(TableQuery.Parse([$"at >= {Many.Rows - 2}"], [], [], null)), Is.EqualTo($"at\n{Many.Rows - 2}\n{Many.Rows - 1}\n"));
        Assert.That(Csv(TableQuery.Parse([], ["-at"], [], 2)), Is.EqualTo($"at\n{Many.Rows - 1}\n{Many.Rows - 2}\n"));
        Assert.That(Csv(TableQuery.Parse(["at >= 20000"], [], [], null)).Split('\n'), Has.Length.EqualTo(100_002).And.ItemAt(100_000).EqualTo($"{Many.Rows - 1}"));
        Assert.That(ResultWriter.Chosen(result, new ResultView { Query = TableQuery.Parse([], [], ["at"], null) })[0].Count, Is.EqualTo(Many.Rows));
        foreach (var tooMuch in new[] { TableQuery.Parse(["at >= 0"], [], [], null), TableQuery.Parse([], ["-at"], [], null), TableQuery.Parse([], ["-at"], [], 60_000), TableQuery.Parse([], [], [], 100_001) })
        {
            Assert.That(() => Csv(tooMuch), Throws.TypeOf<UsageException>().With.Message.StartsWith("Table 'rows': more than 100000 rows of its file would be printed; narrow --where"));
        }
    }

    [TestCase(TableFormat.Csv)]
    [TestCase(TableFormat.Parquet)]
    public void StoredRows_HaveTheValuesThatWereWritten(TableFormat format)
    {
        var table = Execute<SampleResults.Some>(new RunPlace(Place) { Tables = format }).Tables[0];

        var (columns, rows) = StoredRows.Of(RecordedRun.Read(Place).Tables[0]);

        Assert.That(columns.Select(column => (column.Name, column.Kind)), Is.EqualTo(table.Columns.Select(column => (column.Name, column.Kind))));
        Assert.That(
            rows.Select(row => string.Join('|', columns.Select(column => DisplayText.Of(column, row)))),
            Is.EqualTo(table.Rows.Select(row => string.Join('|', table.Columns.Select(column => DisplayText.Of(column, row))))).And.Some.Contains("∅").And.Some.Contains("-"));
    }

    private RunResult Run<T>(bool replaces = false)
        where T : IAnalysis, new() => Execute<T>(new RunPlace(Place) { Replaces = replaces });

    private static RunResult Execute<T>(RunPlace place)
        where T : IAnalysis, new() => AnalysisRun.Execute(InlinePlugin.Request(InlinePlugin.Of<T>()) with { Out = place });

    private string Read(string name) => File.ReadAllText(Path.Combine(Place, name));

    private static IEnumerable<string> Files(string folder) => Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'));

    private static Dictionary<string, string> Contents(string folder) => Files(folder).ToDictionary(name => name, name => File.ReadAllText(Path.Combine(folder, name)));

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

    private sealed class WritesFile : IAnalysis
    {
        public static string Name { get; set; } = string.Empty;

        public void Run(AnalysisContext context)
        {
            context.Results.Table<Row>("pairs");
            context.Results.File(Name, _ => { });
        }
    }

    private sealed record Number(int At);

    private sealed class Many : IAnalysis
    {
        public const int Rows = 120_000;

        public void Run(AnalysisContext context)
        {
            var table = context.Results.Table<Number>("rows");
            for (var at = 0; at < Rows; at++)
            {
                table.Add(new Number(at));
            }
        }
    }
}
