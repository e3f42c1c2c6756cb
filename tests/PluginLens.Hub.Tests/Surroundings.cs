namespace PluginLens.Hub.Tests;

/// <summary>The machine's proxy is not asked for what lies on the machine itself.</summary>
[SetUpFixture]
public sealed class Surroundings
{
    /// <summary>Before the first client of this process looks.</summary>
    [OneTimeSetUp]
    public void KeepProxiesAway()
    {
        Environment.SetEnvironmentVariable("NO_PROXY", "127.0.0.1");
        Environment.SetEnvironmentVariable("no_proxy", "127.0.0.1");
    }
}
