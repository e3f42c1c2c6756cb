using System.Diagnostics;
using System.Text.RegularExpressions;

namespace PluginLens.Cli.Tests;

/// <summary>
/// docs/writing-a-plugin.md from start to end, in an empty folder and as a user who has only the packages: its commands by the shell, its whole files as they stand. Offline: what NuGet's packages
/// bring for the tests of the repository lies on this machine already.
/// </summary>
[Platform("Linux,MacOsX")]
[NonParallelizable]
public sealed class WritingAPluginTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Cli.Root, "docs", "writing-a-plugin.md")).ReplaceLineEndings("\n");

    private TemporaryFolder _home = null!;

    [SetUp]
    public void MakeHome()
    {
        _home = new TemporaryFolder();
        foreach (var folder in new[] { "bin", "mine", ".nuget/NuGet" })
        {
            Directory.CreateDirectory(_home.At(folder));
        }

        File.WriteAllText(_home.At("bin/pluginlens"), $"#!/bin/sh\nexec dotnet '{Cli.Program}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_home.At("bin/pluginlens"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        // The packages of this machine are the only source; ours come from the folder that the page names, and from nowhere else.
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        File.WriteAllText(_home.At(".nuget/NuGet/NuGet.Config"), $"""
            <configuration>
              <packageSources><clear /><add key="cache" value="{cache}" /></packageSources>
              <packageSourceMapping>
                <packageSource key="cache"><package pattern="*" /></packageSource>
                <packageSource key="pluginlens"><package pattern="PluginLens.*" /></packageSource>
              </packageSourceMapping>
            </configuration>
            """);
    }

    [TearDown]
    public void DeleteHome() => _home.Dispose();

    [Test]
    public void Page_DoneAsItSays_GivesAPluginThatTheProgramRuns()
    {
        var configuration = Path.GetFileName(Path.GetDirectoryName(Cli.Program)!).StartsWith("debug", StringComparison.Ordinal) ? "Debug" : "Release";
        Succeeds(Shell(Cli.Root, Command("dotnet pack ").Replace("-c Release", $"-c {configuration} --no-build", StringComparison.Ordinal)));
        Assert.That(
            Directory.GetFiles(_home.At("pluginlens-packages")).Select(file => Path.GetFileName(file).Split(".0.")[0]),
            Is.EquivalentTo(new[] { "PluginLens.Abstractions", "PluginLens.Numerics", "PluginLens.Templates", "PluginLens.Testing", "PluginLens.Toolkit" }));

        Succeeds(Mine(Command("dotnet new install ")));
        Succeeds(Mine(Command("dotnet new pluginlens-analysis ")));
        var open = Mine(Command("dotnet build "));
        Assert.That(open.ExitCode, Is.EqualTo(1), open.Output);
        Assert.That(Regex.Matches(open.Output, "error CS0103: The name '(FILL_IN_[a-z_]+)'").Select(match => match.Groups[1].Value).Distinct(), Has.Exactly(3).Items, open.Output);

        // The template's own tests run as soon as it says what it is.
        var analysis = _home.At("mine/InductionScore/InductionScore.cs");
        File.WriteAllText(analysis, Regex.Replace(File.ReadAllText(analysis), "FILL_IN_[a-z_]+", "\"filled in\""));
        Assert.That(Succeeds(Mine(Command("dotnet test "))).Output, Does.Match(@"Passed:\s+3,"));

        File.WriteAllText(analysis, WholeFile("InductionScore/InductionScore.cs"));
        File.WriteAllText(_home.At("mine/InductionScore.Tests/InductionScoreTests.cs"), WholeFile("InductionScore.Tests/InductionScoreTests.cs"));
        Assert.That(Succeeds(Mine(Command("dotnet test "))).Output, Does.Match(@"Passed:\s+3,"));

        Succeeds(Mine(Command("mkdir -p ~/.pluginlens")));
        Assert.That(
            Directory.GetFiles(_home.At(".pluginlens/plugins/InductionScore")).Select(Path.GetFileName),
            Is.EquivalentTo(new[] { "InductionScore.dll", "InductionScore.pdb", "InductionScore.deps.json", "induction-score.md", "PluginLens.Toolkit.dll" }));
        var shown = Succeeds(Mine(Command("pluginlens run "))).Output;
        Assert.That(shown.TrimEnd(), Is.EqualTo(Regex.Match(Page, "```text\n(.*?)\n```", RegexOptions.Singleline).Groups[1].Value));
        Assert.That(File.Exists(_home.At("mine/induction/figures/induction-score.json")));
    }

    /// <summary>The command of the page that begins so.</summary>
    private static string Command(string start) => Page.Split('\n').Single(line => line.StartsWith("    " + start, StringComparison.Ordinal)).Trim();

    /// <summary>The block that follows the name of its file.</summary>
    private static string WholeFile(string name) => Regex.Match(Page, $"`{Regex.Escape(name)}`:\n\n```csharp\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;

    private static CliResult Succeeds(CliResult result)
    {
        Assert.That(result.ExitCode, Is.Zero, result.Output + result.Errors);
        return result;
    }

    private CliResult Mine(string command) => Shell(_home.At("mine"), command);

    private CliResult Shell(string folder, string command)
    {
        var start = new ProcessStartInfo("sh", ["-c", command]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };

        // A user of their own; variables of the running test host must not reach the build.
        foreach (var variable in start.Environment.Keys.Where(name => Regex.IsMatch(name, "^(MSBuild|NUGET_|PLUGINLENS_|XDG_|DOTNET_CLI_HOME)", RegexOptions.IgnoreCase)).ToList())
        {
            start.Environment.Remove(variable);
        }

        start.Environment["HOME"] = _home.At("");
        start.Environment["PATH"] = $"{_home.At("bin")}:{start.Environment["PATH"]}";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CliResult(process.ExitCode, output, errors.Result);
    }
}
