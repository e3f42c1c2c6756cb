namespace PluginLens.Toolkit.Tests;

public sealed class ArchitectureTests
{
    [Test]
    public void Toolkit_RefersToTheContractAndDotNetOnly()
    {
        var names = typeof(NormedVocabulary).Assembly.GetReferencedAssemblies().Select(name => name.Name!).Where(name => !name.StartsWith("System.", StringComparison.Ordinal));
        Assert.That(names, Is.EqualTo(["PluginLens.Abstractions"]));
    }
}
