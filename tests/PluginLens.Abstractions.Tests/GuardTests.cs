namespace PluginLens.Tests;

/// <summary>Plugins as docs/architecture.md has them.</summary>
public sealed class GuardTests
{
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
