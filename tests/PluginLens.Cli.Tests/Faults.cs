using System.Diagnostics;

namespace PluginLens.Cli.Tests;

/// <summary>The program with a fault at one of the steps that it takes in a folder: each call of the system that makes, names, writes or removes something there (strace).</summary>
internal static class Faults
{
    private const string Tracer = "/usr/bin/strace";
    private static readonly string[] Calls = ["mkdir", "rename", "renameat2", "unlink", "rmdir", "pwrite64", "ftruncate", "fsync"];

    /// <summary>Fails where there is no strace.</summary>
    public static void RequireTracer() => Assert.That(File.Exists(Tracer), "These tests need strace (Debian: apt-get install strace); ./test installs it where it can.");

    /// <summary>A place with the old folder in it and nothing else.</summary>
    /// <param name="folder">Holds it under <c>runs/</c>, and once made under <c>kept/</c>.</param>
    /// <param name="old">Arguments that make it.</param>
    public static void Begin(TemporaryFolder folder, string[] old)
    {
        if (Directory.Exists(folder.At("runs")))
        {
            Directory.Delete(folder.At("runs"), recursive: true);
        }

        if (!Directory.Exists(folder.At("kept")))
        {
            var result = Cli.Run([.. old.Select(argument => argument.StartsWith(folder.At("runs"), StringComparison.Ordinal) ? folder.At("kept/run") : argument)]);
            Assert.That(result.ExitCode, Is.Zero, result.Errors);
        }

        foreach (var file in Directory.GetFiles(folder.At("kept"), "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(folder.At("runs"), Path.GetRelativePath(folder.At("kept"), file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    /// <summary>How often each call happens below a folder; null = anywhere.</summary>
    /// <param name="below">The folder.</param>
    /// <param name="begin">Puts back what was there before.</param>
    /// <param name="arguments">Of the program.</param>
    /// <param name="calls">Those to count; none = all that change something.</param>
    public static List<(string Call, int Count)> Steps(string? below, Action begin, string[] arguments, params string[] calls)
    {
        var (counted, log) = (calls.Length > 0 ? calls : Calls, Path.GetTempFileName());
        begin();
        try
        {
            Assert.That(Traced(below, arguments, string.Join(',', counted), log, traces: true).ExitCode, Is.Zero);
            var lines = File.ReadAllLines(log);
            return [.. counted.Select(call => (call, lines.Count(line => line.Contains($" {call}(", StringComparison.Ordinal))))];
        }
        finally
        {
            File.Delete(log);
        }
    }

    /// <summary>The program under strace, with a fault at a call on what lies below a folder, or anywhere.</summary>
    /// <param name="below">The folder; null = anywhere.</param>
    /// <param name="arguments">Of the program.</param>
    /// <param name="fault">As strace takes it.</param>
    /// <param name="log">Where strace writes.</param>
    /// <param name="traces">Whether to count the calls only, without a fault.</param>
    public static CliResult Traced(string? below, string[] arguments, string fault, string log = "/dev/null", bool traces = false)
    {
        // Only calls on these paths count: the runtime's own files are none of them.
        string[] paths = below is null ? [] : [.. new[] { "run", ".run.running", ".run.running.lock", ".run.running/ov-pairs.csv", ".run.running/run.json", ".run.running/resume.json", ".run.running/figures" }.SelectMany(name => new[] { "-P", Path.Combine(below, name) })];
        var call = fault.Split(':')[0];
        string[] filter = traces ? ["-e", $"trace={call}"] : ["-e", $"trace={call}", "-e", $"inject={fault}"];
        using var process = Process.Start(new ProcessStartInfo(Tracer, ["-f", "-qq", "-o", log, .. paths, .. filter, "dotnet", Cli.Program, .. arguments])
        {
            WorkingDirectory = Cli.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return new CliResult(process.ExitCode, output.Result, errors);
    }

    /// <summary>The program with files of at most so many kilobytes: the write that passes them fails, as on a full disk.</summary>
    /// <param name="kilobytes">The limit.</param>
    /// <param name="arguments">Of the program.</param>
    public static CliResult Limited(int kilobytes, string[] arguments)
    {
        using var bash = new Process { StartInfo = new ProcessStartInfo("bash", ["-c", $"trap '' XFSZ; ulimit -f {kilobytes}; exec dotnet \"$@\"", "bash", Cli.Program, .. arguments]) { WorkingDirectory = Cli.Root, RedirectStandardOutput = true, RedirectStandardError = true } };

        // The runtime would map its code through a large file of its own.
        bash.StartInfo.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        bash.Start();
        var output = bash.StandardOutput.ReadToEndAsync();
        var errors = bash.StandardError.ReadToEnd();
        bash.WaitForExit();
        return new CliResult(bash.ExitCode, output.Result, errors);
    }
}
