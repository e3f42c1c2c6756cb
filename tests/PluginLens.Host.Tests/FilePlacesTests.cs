using PluginLens.Tests.Shared;

namespace PluginLens.Host.Tests;

/// <summary>Pipes in the place of files that the host reads, and models whose files change during a run.</summary>
public sealed class FilePlacesTests
{
    private sealed record Words
    {
        public WordList? List { get; init; }
    }

    private sealed class Adds : IAnalysis
    {
        public void Run(AnalysisContext context) => context.Results.Table<Row>("rows").Add(new Row(1));
    }

    public sealed record Row(int Number);

    private sealed class Engine(string? changed) : PluginLens.Host.Engine(default)
    {
        public override Compute Compute { get; } = new Numerics.CpuCompute(threads: 1, default);

        public override string? Changed => changed;

        public override Model Open(string? name) => TestModels.Tiny;
    }

    [TestCase("prompts.txt")]
    [TestCase("prompts.csv")]
    [TestCase("prompts.jsonl")]
    [Platform("Linux,MacOsX")]
    public void Prompts_FromAPipe_AreRefusedAtOnce(string name) =>
        Refuses<UsageException>(name, path => NamedPipe.Within(() => TextFile.Read(path).ToList()));

    [Test, Platform("Linux,MacOsX")]
    public void Run_WhoseRecordIsAPipe_IsRefusedAtOnce() => Refuses<UsageException>("run.json", path => NamedPipe.Within(() => RecordedRun.Read(Path.GetDirectoryName(path)!)));

    [Test, Platform("Linux,MacOsX")]
    public void Words_FromAPipe_AreRefusedAtOnce() =>
        Refuses<UsageException>("words.txt", path => NamedPipe.Within(() => OptionsBinder.Bind(typeof(Words), "x", [new("list", path)])));

    [Test, Platform("Linux,MacOsX")]
    public void Option_ThatNamesAPipe_HasNoHash()
    {
        using var folder = new TemporaryFolder();
        var (file, pipe) = (folder.File("file", "text"), folder.File("pipe", string.Empty));
        NamedPipe.Make(pipe);

        Assert.That(NamedPipe.Within(() => FileHash.OfOptions(new Dictionary<string, object?> { ["a"] = file, ["b"] = pipe, ["c"] = folder.Path })).Keys, Is.EqualTo(["a"]));
    }

    [Test, Platform("Linux,MacOsX")]
    public void Plugin_ThatIsAPipe_IsAFault()
    {
        using var folder = new TemporaryFolder();
        NamedPipe.Make(folder.File("Broken/Broken.dll", string.Empty));

        Assert.That(NamedPipe.Within(() => PluginCatalog.Discover([folder.Path])).Faults.Single().Message, Does.Contain("is a named pipe"));
    }

    [TestCase(null, RunStatus.Complete)]
    [TestCase("the weights were changed", RunStatus.Failed)]
    public void Run_WhoseModelChangedMeanwhile_KeepsItsRowsAndFails(string? changed, RunStatus expected)
    {
        using var folder = new TemporaryFolder();
        var result = AnalysisRun.Execute(new RunRequest
        {
            Plugin = InlinePlugin.Of<Adds>(),
            Inputs = new RunInputs { Engine = new Engine(changed), Models = ["0"] },
            Out = new RunPlace(Path.Combine(folder.Path, "run")),
        });

        Assert.That((result.Info.Status, result.Info.Error), Is.EqualTo((expected, changed)));
        Assert.That(result.Tables.Single().Rows, Has.Count.EqualTo(1));
    }

    private static void Refuses<T>(string name, Action<string> read)
        where T : Exception
    {
        using var folder = new TemporaryFolder();
        var path = folder.File(name, string.Empty);
        NamedPipe.Make(path);
        Assert.That(() => read(path), Throws.TypeOf<T>().With.Message.Contains("is a named pipe").And.Message.Not.Contain("\n"));
    }
}
