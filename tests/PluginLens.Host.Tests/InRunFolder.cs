namespace PluginLens.Host.Tests;

/// <summary>A folder for runs that is gone after the test.</summary>
public abstract class InRunFolder
{
    private protected TemporaryFolder Folder { get; private set; } = null!;

    /// <summary>Where a run goes.</summary>
    protected string Place => Path.Combine(Folder.Path, "run");

    [SetUp]
    public void Make() => Folder = new TemporaryFolder();

    [TearDown]
    public void Remove() => Folder.Dispose();

    private protected RunResult Run<T>(bool replaces = false)
        where T : IAnalysis, new() => Execute<T>(new RunPlace(Place) { Replaces = replaces });

    private protected static RunResult Execute<T>(RunPlace place)
        where T : IAnalysis, new() => AnalysisRun.Execute(InlinePlugin.Request(InlinePlugin.Of<T>()) with { Out = place });

    protected string Read(string name) => File.ReadAllText(Path.Combine(Place, name));

    protected static IEnumerable<string> Files(string folder) => Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'));

    protected static Dictionary<string, string> Contents(string folder) => Files(folder).ToDictionary(name => name, name => File.ReadAllText(Path.Combine(folder, name)));
}
