using System.Diagnostics;

namespace PluginLens.Host.Tests;

/// <summary>What docs/writing-a-plugin.md promises: the template, instantiated outside the repository, builds and is found and runs.</summary>
public sealed class TemplateTests
{
    [Test]
    public void DotnetNew_OutsideTheRepository_BuildsAPluginThatRuns()
    {
        using var folder = new TemporaryFolder();
        var home = InstalledProgram(Path.Combine(folder.Path, "program"));

        Dotnet(folder.Path, "new", "install", Path.Combine(Places.RepoRoot, "src", "Plugins", "Template"));
        Dotnet(folder.Path, "new", "pluginlens-analysis", "-n", "InductionScore", "-o", "mine", "--home", home);
        Dotnet(folder.Path, "build", "mine", "-nologo", "-v", "quiet", "-nodeReuse:false");

        var catalog = PluginCatalog.Discover([Path.Combine(folder.Path, "mine", "bin", "plugins")]);
        var plugin = PluginLoading.Load(catalog.Find("induction-score"));
        var result = AnalysisRun.Execute(InlinePlugin.Request(plugin, options: OptionsBinder.Bind(plugin, [KeyValuePair.Create("k", (string?)"2")])));

        Assert.That(result.Error, Is.Null);
        Assert.That(result.Tables.Single().Rows, Has.Count.EqualTo(2));
        Assert.That(plugin.Entry.Page, Does.EndWith("InductionScore/induction-score.md"));
        Assert.That(File.Exists(Path.Combine(plugin.Entry.Folder, "PluginLens.Abstractions.dll")), Is.False);
    }

    [Test]
    public void Build_PluginThatWouldShipTheContract_Fails()
    {
        using var folder = new TemporaryFolder();
        var fixture = Path.Combine(Places.RepoRoot, "tests", "Fixtures", "OwnContractCopy");

        var (exitCode, output) = Run(folder.Path, "msbuild", fixture, "-t:ResolveReferences", "-p:ShipsContract=false", "-p:BuildProjectReferences=false", $"-p:Configuration={Places.Configuration}", "-nologo", "-nodeReuse:false");

        Assert.That(exitCode, Is.Not.Zero);
        Assert.That(output, Does.Contain("OwnContractCopy would ship a copy of PluginLens.Abstractions.dll, which the host shares with every plugin"));
    }

    /// <summary>What a plugin needs of an installed program: the contract, and the targets that the program ships.</summary>
    private static string InstalledProgram(string path)
    {
        var build = Directory.CreateDirectory(Path.Combine(path, "build")).FullName;
        var contract = typeof(IAnalysis).Assembly.Location;
        File.Copy(contract, Path.Combine(path, Path.GetFileName(contract)));
        foreach (var file in Directory.GetFiles(Path.Combine(Places.RepoRoot, "src", "Plugins"), "PluginLens.Plugin.*"))
        {
            File.Copy(file, Path.Combine(build, Path.GetFileName(file)));
        }

        return path;
    }

    private static void Dotnet(string folder, params string[] arguments)
    {
        var (exitCode, output) = Run(folder, arguments);
        Assert.That(exitCode, Is.Zero, $"dotnet {string.Join(' ', arguments)}\n{output}");
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
