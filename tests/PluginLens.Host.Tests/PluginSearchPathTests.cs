namespace PluginLens.Host.Tests;

[NonParallelizable]
public sealed class PluginSearchPathTests
{
    [Test]
    public void Default_NamedThenVariableThenUserThenProgram()
    {
        using var folder = new TemporaryFolder();
        string Make(string name) => Directory.CreateDirectory(Path.Combine(folder.Path, name)).FullName;
        var (named, first, second, user, program) = (Make("named"), Make("v1"), Make("v2"), Make("data/pluginlens/plugins"), Make("program/plugins"));
        var (variable, data) = (Environment.GetEnvironmentVariable(PluginSearchPath.Variable), Environment.GetEnvironmentVariable("XDG_DATA_HOME"));
        try
        {
            Environment.SetEnvironmentVariable(PluginSearchPath.Variable, $"{first}{Path.PathSeparator}{second}");
            Environment.SetEnvironmentVariable("XDG_DATA_HOME", Path.Combine(folder.Path, "data"));

            var folders = PluginSearchPath.Default(Path.Combine(folder.Path, "program"), [named]);

            Assert.That(folders, Is.EqualTo([named, first, second, user, program]));
        }
        finally
        {
            Environment.SetEnvironmentVariable(PluginSearchPath.Variable, variable);
            Environment.SetEnvironmentVariable("XDG_DATA_HOME", data);
        }
    }

    [Test]
    public void Default_NamedFolderMissing_IsAnError()
    {
        Assert.That(() => PluginSearchPath.Default(".", ["/no/such/folder"]), Throws.TypeOf<UsageException>().With.Message.EqualTo("--plugins '/no/such/folder': no such folder."));
    }
}
