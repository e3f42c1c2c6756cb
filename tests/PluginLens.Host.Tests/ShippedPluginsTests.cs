namespace PluginLens.Host.Tests;

/// <summary>How the plugins of this repository are laid out, and what they declare.</summary>
public sealed class ShippedPluginsTests
{
    private static readonly string[] Projects = Directory.GetFiles(Path.Combine(Places.RepoRoot, "src", "Plugins"), "*.csproj", SearchOption.AllDirectories);

    private static readonly PluginCatalog Catalog = PluginCatalog.Discover(Projects.Select(project => Path.Combine(Places.RepoRoot, "artifacts", "plugins", Path.GetFileNameWithoutExtension(project))));

    private static IEnumerable<TestCaseData> Analyses => Catalog.Entries.Select(entry => new TestCaseData(entry).SetArgDisplayNames(entry.Id));

    /// <summary>The family's folder: where its project lies.</summary>
    private static string Source(PluginEntry entry) => Path.GetDirectoryName(Projects.Single(project => Path.GetFileNameWithoutExtension(project) == entry.PluginName))!;

    [Test]
    public void Discover_FindsNoFault() => Assert.That(Catalog.Faults, Is.Empty);

    [Test]
    public void Folders_AreWholeAndWithoutTheContract()
    {
        foreach (var folder in Catalog.Entries.Select(entry => entry.Folder).Distinct())
        {
            Assert.That(Directory.GetFiles(folder, "*.deps.json"), Has.Length.EqualTo(1), folder);
            Assert.That(Directory.GetFiles(folder, "PluginLens.Abstractions.*"), Is.Empty, folder);
            Assert.That(File.Exists(Path.Combine(folder, "PluginLens.Toolkit.dll")), $"{folder} has no copy of the toolkit");
        }
    }

    [TestCaseSource(nameof(Analyses))]
    public void Analysis_HasItsSourceAndItsPageUnderItsName(PluginEntry entry)
    {
        Assert.That(File.Exists(Path.Combine(Source(entry), $"{entry.TypeName.Split('.')[^1]}.cs")), entry.TypeName);
        Assert.That(entry.Page, Is.Not.Null);
        Assert.That(File.ReadAllText(entry.Page!), Does.StartWith($"# {entry.Id}"));
    }

    [TestCaseSource(nameof(Analyses))]
    public void Analysis_KnowsContractAndToolkitOnly_AndDeclaresTablesAndForWhichModelsItHolds(PluginEntry entry)
    {
        var plugin = PluginLoading.Load(entry);

        Assert.That(plugin.Tables, Is.Not.Empty);
        Assert.That(Applicability.Stated(plugin.AnalysisType), Is.Not.Empty);
        Assert.That(plugin.AnalysisType.Assembly.GetReferencedAssemblies().Select(name => name.Name!).Where(name => name.StartsWith("PluginLens.", StringComparison.Ordinal)), Is.SubsetOf(["PluginLens.Abstractions", "PluginLens.Toolkit"]));
        Assert.That(plugin.Options.Select(option => option.Help), Has.None.Empty);
    }
}
