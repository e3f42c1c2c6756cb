using System.Runtime.Loader;

namespace PluginLens.Host.Tests;

public sealed class PluginLoadingTests
{
    private static readonly PluginCatalog Catalog = PluginCatalog.Discover([Places.Fixtures], new HashSet<string> { "model", "seed" });

    private static LoadedPlugin Load(string id) => PluginLoading.Load(Catalog.Find(id));

    private static IReadOnlyList<string> Notes(string id) => AnalysisRun.Execute(InlinePlugin.Request(Load(id))).Info.Notes;

    [Test]
    public void Load_TwoAnalysesOfOneAssembly_ComeFromOneContext()
    {
        Assert.That(Load("first-analysis").AnalysisType.Assembly, Is.SameAs(Load("second-analysis").AnalysisType.Assembly));
        Assert.That(Notes("first-analysis").Single()[^1] + 1, Is.EqualTo(Notes("second-analysis").Single()[^1]), "they share their assembly's statics");
    }

    [Test]
    public void Load_NeighbourCannotBeLoaded_IsNoReasonToRefuse()
    {
        Assert.That(Notes("whole"), Is.EqualTo(["whole"]));
        Assert.That(() => Load("broken"), Throws.TypeOf<PluginException>().With.Message.StartsWith("Plugin 'BrokenSibling': analysis 'broken' cannot be loaded: ").And.Message.Contains("PrivateLibrary"));
    }

    [TestCase("computed-default", "Plugin 'BadOptions': analysis 'computed-default': the default of its option --k is 0, but [AtLeast(1)] refuses that; change one of the two.")]
    [TestCase("generic-base", "Plugin 'BadOptions': analysis 'generic-base': its option --seed is one of the program's own, so that nobody could give it; name the property otherwise.")]
    public void Load_UnsoundOptionsThatMetadataDoNotShow_AreRefused(string id, string message) =>
        Assert.That(() => Load(id), Throws.TypeOf<PluginException>().With.Message.EqualTo(message).And.Property(nameof(PluginException.ExitCode)).EqualTo(2));

    [Test]
    public void Load_BaseClassOfAnotherAssemblyIsNoAnalysis_SaysWhatWasFound() => Assert.That(
        () => Load("base-elsewhere"),
        Throws.TypeOf<PluginException>().With.Message.EqualTo("Plugin 'PrivateDependencyV1': PluginLens.Fixtures.BaseElsewhere, analysis 'base-elsewhere', does not implement IAnalysis (it derives from Base); derive it from Analysis<TOptions>, or implement the interface."));

    [Test]
    public void Load_AssemblyGoneSinceItWasListed_SaysSo()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Plugin("X", "x");
        var entry = PluginCatalog.Discover([folder.Path]).Find("x");
        File.Delete(path);

        Assert.That(() => PluginLoading.Load(entry), Throws.TypeOf<PluginException>().With.Message.StartsWith("Plugin 'X': analysis 'x' cannot be loaded"));
    }

    /// <summary>The loader would give such a plugin the copy that lies beside it, and its analysis would be none of the host's.</summary>
    [Test]
    public void Load_NewerContract_IsRefusedBeforeAnythingOfItIsLoaded()
    {
        var folder = Path.Combine(Places.Fixtures, "FutureContract");
        Assert.That(Directory.Exists(folder));

        Assert.That(() => Load("future-contract"), Throws.TypeOf<PluginException>().With.Message.Contains("1.99"));

        var loaded = AppDomain.CurrentDomain.GetAssemblies().Where(assembly => !assembly.IsDynamic).ToList();
        Assert.That(loaded.Where(assembly => assembly.Location.StartsWith(folder, StringComparison.Ordinal)), Is.Empty);
        Assert.That(loaded.Count(assembly => assembly.GetName().Name == ContractReference.Name), Is.EqualTo(1));
    }

    [Test]
    public void Load_ShipsItsOwnContract_HostsCopyWins()
    {
        var entry = Catalog.Find("own-contract-copy");
        Assert.That(File.Exists(Path.Combine(entry.Folder, "PluginLens.Abstractions.dll")), "the fixture lost its point");

        Assert.That(Notes("own-contract-copy"), Is.EqualTo(["the host's contract won"]));
    }

    [Test]
    public void Load_TwoVersionsOfAPrivateDependency_EachPluginGetsItsOwn() =>
        Assert.That(Notes("private-dependency-v1").Concat(Notes("private-dependency-v2")), Is.EqualTo(["version 1", "version 2"]));

    [Test]
    public void Load_EachPlugin_HasAContextOfItsOwn()
    {
        var (first, second) = (Load("throws").AnalysisType.Assembly, Load("hangs-until-cancelled").AnalysisType.Assembly);

        Assert.That(AssemblyLoadContext.GetLoadContext(first), Is.Not.SameAs(AssemblyLoadContext.Default).And.Not.SameAs(AssemblyLoadContext.GetLoadContext(second)));
    }

    [TestCase(1, 0, true)]
    [TestCase(1, 99, false)]
    [TestCase(2, 0, false)]
    [TestCase(0, 9, false)]
    public void Supports_SameMajorAndMinorNotAbove(int major, int minor, bool expected)
    {
        Assert.That(ContractReference.Supports(new Version(major, minor)), Is.EqualTo(expected));
    }

    [Test]
    public void Create_ConstructorThrows_NamesAnalysisAndCause() => Assert.That(
        Load("throws-in-constructor").Create,
        Throws.TypeOf<PluginException>().With.Message.EqualTo("Analysis 'throws-in-constructor' failed in its constructor: NotSupportedException: not today").And.Property(nameof(PluginException.ExitCode)).EqualTo(1));

    [Test]
    public void Tables_AreWhatTheAnalysisDeclares()
    {
        Assert.That(Load("first-analysis").Tables.Select(table => (table.Name, string.Join(',', table.Columns.Select(column => column.Name)), table.When)), Is.EqualTo([
            ("runs", "number,token,token_id", string.Empty),
            ("more-runs", "number,token,token_id", "with another plugin"),
        ]));
        Assert.That(Load("second-analysis").Tables, Is.Empty);
    }

    [Test]
    public void Applicability_WithoutHolds_IsNotDeclared()
    {
        Assert.That(Applicability.Of(Load("second-analysis").AnalysisType, TestModels.Tiny.Config).Word, Is.EqualTo("not declared"));
        Assert.That(Applicability.Of(Load("first-analysis").AnalysisType, TestModels.Tiny.Config).Word, Is.EqualTo("exact"));
        Assert.That(AnalysisRun.Execute(InlinePlugin.Request(Load("second-analysis"))).Info.Applicability.Verdict, Is.Null);
    }
}
