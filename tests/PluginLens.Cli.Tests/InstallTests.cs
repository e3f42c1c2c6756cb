using System.Diagnostics;

namespace PluginLens.Cli.Tests;

/// <summary>The program as people install it.</summary>
[NonParallelizable]
public sealed class InstallTests
{
    [Test]
    public void Tool_FromItsPackage_RunsInAnEmptyHomeFromAnyFolder()
    {
        using var folder = new TemporaryFolder();
        var home = Directory.CreateDirectory(folder.At("home")).FullName;
        var elsewhere = Directory.CreateDirectory(folder.At("elsewhere")).FullName;
        Dotnet(Cli.Root, home: null, "pack", "src/Host/PluginLens.Cli", "--no-build", "-c", "Release", "-p:AsTool=true", "-o", folder.At("packages"), "-nologo", "-v", "quiet");
        File.WriteAllText(folder.At("nuget.config"), $"""<configuration><packageSources><clear /><add key="packages" value="{folder.At("packages")}" /></packageSources></configuration>""");
        Dotnet(elsewhere, home, "tool", "install", "PluginLens", "--tool-path", folder.At("bin"), "--configfile", folder.At("nuget.config"));

        var run = Run(elsewhere, home, folder.At("bin/pluginlens"), "ov-pairs", "--layer", "0", "--head", "0", "--k", "2", "--format", "csv");

        Assert.That(run, Is.EqualTo(Cli.Run("ov-pairs", "--layer", "0", "--head", "0", "--k", "2", "--format", "csv").Output).And.Contain("layer,head,rank"));
        Assert.That(Run(elsewhere, home, folder.At("bin/pluginlens"), "models"), Does.Contain("smollm2-135m").And.Contain("tiny-gpt2"));
    }

    private static void Dotnet(string from, string? home, params string[] arguments) => Run(from, home, "dotnet", arguments);

    private static string Run(string from, string? home, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = from, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in home is null ? [] : new[] { "HOME", "DOTNET_CLI_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "NUGET_PACKAGES" })
        {
            start.Environment[name] = home;
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, $"{program} {string.Join(' ', arguments)}: {errors.Result}{output}");
        return output;
    }
}
