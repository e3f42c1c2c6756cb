using System.Diagnostics;

namespace PluginLens.Host.Tests;

/// <summary>A plugin that carries a copy of the contract would have analyses of other types than the host's: its build refuses.</summary>
public sealed class ContractCopyTests
{
    [Test]
    public void Build_PluginThatWouldShipTheContract_Fails()
    {
        using var folder = new TemporaryFolder();
        var fixture = Path.Combine(Places.RepoRoot, "tests", "Fixtures", "OwnContractCopy");

        var (exitCode, output) = Run(folder.Path, "msbuild", fixture, "-t:ResolveReferences", "-p:ShipsContract=false", "-p:BuildProjectReferences=false", $"-p:Configuration={Places.Configuration}", "-nologo", "-nodeReuse:false");

        Assert.That(exitCode, Is.Not.Zero);
        Assert.That(output, Does.Contain("OwnContractCopy would ship a copy of PluginLens.Abstractions.dll, which the host shares with every plugin"));
    }

    private static (int ExitCode, string Output) Run(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };

        // Installed templates belong to this test alone; variables of the running test host must not reach the build.
        start.Environment["DOTNET_CLI_HOME"] = folder;
        start.Environment["DOTNET_SKIP_FIRST_TIME_EXPERIENCE"] = "1";
        foreach (var variable in start.Environment.Keys.Where(name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(variable);
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, $"{output}\n{errors.Result}");
    }
}
