namespace PluginLens.Tests;

/// <summary>The boundaries of docs/architecture.md.</summary>
public sealed class GuardTests
{
    [Test]
    public void Abstractions_ReferToNothingButDotNet()
    {
        Assert.That(Repository.References(Path.Combine(Repository.Root, "src/Host/PluginLens.Abstractions/PluginLens.Abstractions.csproj")), Is.Empty);
        Assert.That(typeof(IAnalysis).Assembly.GetReferencedAssemblies().Select(name => name.Name), Has.All.StartsWith("System."));
    }

    [Test]
    public void OnnxRuntime_IsKnownToOneProjectOnly()
    {
        var projects = Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Where(project => Repository.References(project).Any(reference => reference.Contains("OnnxRuntime", StringComparison.Ordinal)))
            .Select(Path.GetFileName);

        Assert.That(projects, Is.EqualTo(["PluginLens.Models.csproj"]));
    }

    [Test]
    public void OnnxRuntime_IsNamedInSourcesOfOneProjectOnly()
    {
        var sources = Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(path => File.ReadLines(path).Any(line => line.StartsWith("using Microsoft.ML.OnnxRuntime", StringComparison.Ordinal)))
            .Select(path => Path.GetRelativePath(Path.Combine(Repository.Root, "src", "Host"), path).Replace('\\', '/'));

        Assert.That(sources.Where(path => !path.StartsWith("PluginLens.Models/Sessions/", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void Plugins_ReferToNothingOfTheHost()
    {
        foreach (var project in Repository.Plugins)
        {
            Assert.That(Repository.References(project), Has.None.Contains("PluginLens."), project);
        }
    }

    /// <summary>What a plugin lacks, the host's own context answers: were the toolkit there, a plugin without its copy would run on another version of it.</summary>
    [Test]
    public void Toolkit_KnowsTheContractOnly_AndTheHostDoesNotKnowIt()
    {
        var host = Directory.GetFiles(Path.Combine(Repository.Root, "src", "Host"), "*.csproj", SearchOption.AllDirectories);
        var toolkit = host.Single(project => Path.GetFileNameWithoutExtension(project) == "PluginLens.Toolkit");

        Assert.That(Repository.References(toolkit).Select(Path.GetFileNameWithoutExtension), Is.EqualTo(["PluginLens.Abstractions"]));
        Assert.That(host.Where(project => Repository.References(project).Any(reference => reference.Contains("Toolkit", StringComparison.Ordinal))), Is.Empty);
    }
}
