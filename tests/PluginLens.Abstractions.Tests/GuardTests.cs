using System.Text.Json;
using System.Text.RegularExpressions;

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

    [Test]
    public void Plugins_IdsAreUniqueKebabCase()
    {
        var ids = Repository.Plugins.Select(project => Repository.Property(project, "AnalysisId")).ToList();

        Assert.That(ids, Is.Unique);
        Assert.That(ids.Where(id => !Regex.IsMatch(id, "^[a-z0-9]+(-[a-z0-9]+)*$")), Is.Empty);
    }

    [Test]
    public void Plugins_HaveReadmes()
    {
        Assert.That(Repository.Plugins.Where(project => !File.Exists(Path.Combine(Path.GetDirectoryName(project)!, "README.md"))).Select(Path.GetFileName), Is.Empty);
    }

    [Test]
    public void Plugins_FoldersAreWholeAndWithoutTheContract()
    {
        foreach (var project in Repository.Plugins)
        {
            var id = Repository.Property(project, "AnalysisId");
            var folder = Path.Combine(Repository.Root, "artifacts", "plugins", id);
            using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "plugin.json")));

            Assert.That(manifest.RootElement.GetProperty("id").GetString(), Is.EqualTo(id));
            Assert.That(manifest.RootElement.GetProperty("title").GetString(), Is.EqualTo(Repository.Property(project, "Title").Trim()));
            Assert.That(File.Exists(Path.Combine(folder, manifest.RootElement.GetProperty("assembly").GetString()!)), $"{id} has no assembly");
            Assert.That(Directory.GetFiles(folder, "*.deps.json"), Has.Length.EqualTo(1), id);
            Assert.That(Directory.GetFiles(folder, "PluginLens.Abstractions.*"), Is.Empty, id);
        }
    }
}
