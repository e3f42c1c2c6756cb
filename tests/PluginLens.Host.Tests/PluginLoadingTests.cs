using System.Runtime.Loader;

namespace PluginLens.Host.Tests;

public sealed class PluginLoadingTests
{
    private static readonly PluginCatalog Catalog = PluginCatalog.Discover([Places.Fixtures]);

    [TestCase("future-contract", "'future-contract' was built against PluginLens.Abstractions 1.99; this host offers 1.0")]
    [TestCase("two-analyses", "expected one public analysis, found 2 (FirstAnalysis, SecondAnalysis)")]
    [TestCase("no-analysis", "no public class that implements IAnalysis")]
    public void Load_FaultyPlugin_SaysWhatToDo(string id, string message)
    {
        Assert.That(() => PluginLoading.Load(Catalog.Find(id)), Throws.TypeOf<PluginException>()
            .With.Message.Contains(message).And.Message.Not.Contains("\n").And.Property(nameof(PluginException.ExitCode)).EqualTo(2));
    }

    [Test]
    public void Load_AssemblyMissing_SaysSo()
    {
        using var folder = new TemporaryFolder();
        folder.File("x/plugin.json", TemporaryFolder.Manifest("x"));

        Assert.That(() => PluginLoading.Load(PluginCatalog.Discover([folder.Path]).Find("x")), Throws.TypeOf<PluginException>().With.Message.Contains("is missing"));
    }

    [TestCase("")]
    [TestCase("MZ this is no assembly")]
    public void Load_NotADotNetAssembly_SaysSo(string content)
    {
        using var folder = new TemporaryFolder();
        folder.File("x/plugin.json", TemporaryFolder.Manifest("x"));
        folder.File("x/Some.dll", content);

        Assert.That(() => PluginLoading.Load(PluginCatalog.Discover([folder.Path]).Find("x")), Throws.TypeOf<PluginException>().With.Message.Contains("not a .NET assembly"));
    }

    [Test]
    public void Load_MutatedAssembly_IsAPluginExceptionOrWorks()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Plugin("x", TemporaryFolder.Manifest("x"));
        var whole = File.ReadAllBytes(Catalog.Find("throws").AssemblyPath);
        var random = new Random(2);
        for (var round = 0; round < 100; round++)
        {
            // Only the version check: what is loaded into this process stays, and a damaged method body is found when it runs.
            var bytes = whole[..(round % 2 == 0 ? random.Next(whole.Length) : whole.Length)];
            for (var flips = 0; flips < 20 && bytes.Length > 0; flips++)
            {
                bytes[random.Next(Math.Min(bytes.Length, 1500))] ^= (byte)(1 << random.Next(8));
            }

            File.WriteAllBytes(Path.Combine(Path.GetDirectoryName(path)!, "Some.dll"), bytes);
            try
            {
                ContractReference.Read(Path.Combine(Path.GetDirectoryName(path)!, "Some.dll"));
            }
            catch (BadImageFormatException)
            {
            }
        }
    }

    [Test]
    public void Load_ShipsItsOwnContract_HostsCopyWins()
    {
        var entry = Catalog.Find("own-contract-copy");
        Assert.That(File.Exists(Path.Combine(entry.Folder, "PluginLens.Abstractions.dll")), "the fixture lost its point");

        var result = AnalysisRun.Execute(InlinePlugin.Request(PluginLoading.Load(entry)));

        Assert.That(result.Info.Notes, Is.EqualTo(["the host's contract won"]));
    }

    [Test]
    public void Load_TwoVersionsOfAPrivateDependency_EachPluginGetsItsOwn()
    {
        var notes = new[] { "private-dependency-v1", "private-dependency-v2" }
            .SelectMany(id => AnalysisRun.Execute(InlinePlugin.Request(PluginLoading.Load(Catalog.Find(id)))).Info.Notes);

        Assert.That(notes, Is.EqualTo(["version 1", "version 2"]));
    }

    [Test]
    public void Load_EachPlugin_HasAContextOfItsOwn()
    {
        var first = PluginLoading.Load(Catalog.Find("throws")).AnalysisType.Assembly;
        var second = PluginLoading.Load(Catalog.Find("hangs-until-cancelled")).AnalysisType.Assembly;

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

    [TestCase("throws-in-constructor", "Plugin 'throws-in-constructor' failed in its constructor: NotSupportedException: not today")]
    public void Create_ConstructorThrows_NamesPluginAndCause(string id, string message)
    {
        var plugin = PluginLoading.Load(Catalog.Find(id));

        Assert.That(plugin.Create, Throws.TypeOf<PluginException>().With.Message.EqualTo(message).And.Property(nameof(PluginException.ExitCode)).EqualTo(1));
    }
}
