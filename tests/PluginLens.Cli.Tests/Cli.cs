using System.Diagnostics;

namespace PluginLens.Cli.Tests;

/// <summary>Runs the real program in a process of its own, as a user would.</summary>
internal static class Cli
{
    /// <summary>The root of the repository: the folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The program as the build left it, plugins beside it.</summary>
    public static string Program { get; } = Path.Combine(
        Root, "artifacts", "bin", "PluginLens.Cli", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "pluginlens.dll");

    /// <summary>Cache of these tests alone.</summary>
    private static string Cache { get; } = NewCache();

    /// <summary>Runs <c>pluginlens</c> with arguments in the root of the repository.</summary>
    /// <param name="arguments">As after the program's name.</param>
    public static CliResult Run(params string[] arguments) => RunIn(Root, arguments, new Dictionary<string, string>());

    /// <summary>Runs <c>pluginlens</c> in a folder.</summary>
    /// <param name="folder">Working directory.</param>
    /// <param name="arguments">As after the program's name.</param>
    /// <param name="environment">Variables to set.</param>
    public static CliResult RunIn(string folder, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        using var process = Start(folder, arguments, environment);
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        if (!process.WaitForExit(TimeSpan.FromMinutes(2)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"pluginlens {string.Join(' ', arguments)} hangs.");
        }

        return new CliResult(process.ExitCode, output, errors.Result);
    }

    /// <summary>Starts <c>pluginlens</c> in a folder.</summary>
    /// <param name="folder">Working directory.</param>
    /// <param name="arguments">As after the program's name.</param>
    /// <param name="environment">Variables to set.</param>
    /// <param name="keepsInput">Whether its standard input stays open.</param>
    public static Process Start(string folder, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, bool keepsInput = false)
    {
        // Who runs the tests in the background may have Ctrl-C ignored, and children inherit that.
        var start = new ProcessStartInfo(OperatingSystem.IsLinux() ? "env" : "dotnet", [.. OperatingSystem.IsLinux() ? ["--default-signal=INT", "dotnet"] : Array.Empty<string>(), Program, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };

        // The user's own cache may hold what a faulty plugin would have to compute.
        start.Environment["XDG_CACHE_HOME"] = Cache;
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        if (!keepsInput)
        {
            process.StandardInput.Close();
        }

        return process;
    }

    /// <summary>Starts <c>pluginlens</c> in the root of the repository with something on its standard input.</summary>
    /// <param name="arguments">As after the program's name.</param>
    /// <param name="input">What it reads.</param>
    public static Process StartAndWrite(IEnumerable<string> arguments, string input)
    {
        var process = Start(Root, arguments, new Dictionary<string, string>(), keepsInput: true);
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        return process;
    }

    private static string NewCache()
    {
        var folder = Directory.CreateTempSubdirectory("pluginlens-cache-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Delete(recursive: true);
        return folder.FullName;
    }

    private static string FindRoot()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "PluginLens.sln")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new InvalidOperationException("The tests must run below the folder of PluginLens.sln.");
    }
}

/// <summary>What a process left behind.</summary>
/// <param name="ExitCode">0 success, 1 failed, 2 usage.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Errors">Standard error.</param>
internal sealed record CliResult(int ExitCode, string Output, string Errors);
