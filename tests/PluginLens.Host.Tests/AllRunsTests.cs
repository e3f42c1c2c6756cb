namespace PluginLens.Host.Tests;

public sealed class AllRunsTests
{
    private static readonly PluginCatalog Catalog = PluginCatalog.Discover([Places.Fixtures]);

    [Test]
    public void Execute_Stopped_KeepsWhatRanAndReportsIt()
    {
        using var stop = new CancellationTokenSource();
        using var folder = new TemporaryFolder();

        var outcomes = AllRuns.Execute(Catalog, new RunPlace(folder.Path), InMemoryEngine.Inputs([TestModels.Tiny], stop.Token) with { Progress = new StopsAtTheFirst(stop) });

        Assert.That(outcomes.Select(run => run.Analysis), Is.EqualTo(Catalog.Entries.Select(entry => entry.Id).Take(outcomes.Count)));
        Assert.That(outcomes, Has.Count.GreaterThan(1));
        Assert.That((outcomes[^1].Analysis, outcomes[^1].End), Is.EqualTo(("hangs-until-cancelled", RunEnd.Stopped)));
        Assert.That(File.ReadAllText(Path.Combine(folder.Path, "report.md")), Does.Contain("# hangs-until-cancelled"));
    }

    [Test]
    public void Execute_WithoutFolder_OpensNothing()
    {
        var inputs = InMemoryEngine.Inputs([TestModels.Tiny]);

        Assert.That(() => AllRuns.Execute(Catalog, null, inputs), Throws.TypeOf<UsageException>().With.Message.Contains("--out FOLDER"));
        Assert.That(((InMemoryEngine)inputs.Engine).Opened, Is.Zero);
    }

    [Test]
    public void Execute_WrongPrompts_AreAnErrorAndNotSoManySkippedRuns()
    {
        using var folder = new TemporaryFolder();
        var inputs = InMemoryEngine.Inputs([TestModels.Tiny]) with { Prompts = new PromptSource { Ids = ["1,x"] } };

        Assert.That(() => AllRuns.Execute(Catalog, new RunPlace(Path.Combine(folder.Path, "all")), inputs), Throws.TypeOf<UsageException>().With.Message.Contains("'x'"));
        Assert.That(Directory.Exists(Path.Combine(folder.Path, "all")), Is.False);
    }

    /// <summary>A file of many texts is read and encoded once, not once for each analysis.</summary>
    [Test]
    public void Plan_Prompts_AreReadOnce()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("texts.txt", " the cat\n");
        var inputs = InMemoryEngine.Inputs([TestModels.Tiny]) with { Prompts = new PromptSource { Files = [file] } };
        var before = inputs.PromptsOf(TestModels.Tiny);
        File.Delete(file);

        Assert.That(AllRuns.Plan(Catalog, inputs), Has.Count.EqualTo(Catalog.Entries.Count));
        Assert.That(inputs.PromptsOf(TestModels.Tiny), Is.SameAs(before));
        Assert.That(() => (inputs with { Prompts = new PromptSource { Files = [file] } }).PromptsOf(TestModels.Tiny), Throws.TypeOf<UsageException>());
    }

    /// <summary>A full disk, a file in the way, a plugin that throws: the next one runs, and the summary says what became of each.</summary>
    [Test]
    public void Execute_AnyFault_GoesOn()
    {
        using var folder = new TemporaryFolder();
        var catalog = PluginCatalog.Discover([.. new[] { "Throws", "ThrowsInConstructor", "TwoAnalyses", "WritesToConsole" }.Select(name => Path.Combine(Places.Fixtures, name))]);
        var blocked = catalog.Entries.First(entry => entry.PluginName == "TwoAnalyses").Id;
        folder.File(blocked, "a file where a folder should be");
        Directory.CreateDirectory(Path.Combine(folder.Path, "report.md"));
        var nowhere = new Isolation { Program = Path.Combine(folder.Path, "no-such-program"), Arguments = [], Request = string.Empty, MaxMemory = 1 << 30 };
        var other = catalog.Entries.Last(entry => entry.PluginName == "TwoAnalyses").Id;

        var outcomes = AllRuns.Execute(catalog, new RunPlace(folder.Path), InMemoryEngine.Inputs([TestModels.Tiny]), entry => entry.Id == other ? nowhere : null).ToDictionary(run => run.Analysis);

        Assert.That(outcomes.Keys, Is.EquivalentTo(catalog.Entries.Select(entry => entry.Id).Append("report.md")));
        Assert.That(outcomes.Where(run => run.Value.End == RunEnd.Failed).Select(run => run.Key), Is.SupersetOf(new[] { "throws", "throws-in-constructor", other, "report.md" }));
        Assert.That(outcomes[blocked].End, Is.Not.EqualTo(RunEnd.Done));
        Assert.That(outcomes["writes-to-console"].End, Is.EqualTo(RunEnd.Done));
    }

    private sealed class StopsAtTheFirst(CancellationTokenSource stop) : IProgress<Progress>
    {
        public void Report(Progress value) => stop.Cancel();
    }
}
