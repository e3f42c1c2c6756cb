using PluginLens.Plugins;

namespace PluginLens.Host.Tests;

/// <summary>Beside the template's own tests: what the host makes of its options.</summary>
public sealed class TokenNormsOptionsTests
{
    [Test]
    public void KBelowOne_IsAUsageError() => Assert.That(
        () => OptionsBinder.Bind(typeof(TokenNormsOptions), "token-norms", [KeyValuePair.Create("k", (string?)"0")]),
        Throws.TypeOf<UsageException>().With.Message.Contains("at least 1"));
}
