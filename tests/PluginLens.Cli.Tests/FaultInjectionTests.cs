using System.Diagnostics;
using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;
using PluginLens.Tests.Shared;

namespace PluginLens.Cli.Tests;

/// <summary>
/// Runs and imports are killed, and the disk is full, at every step that they take in their folder: each call of the system that makes, names, writes or removes something there is counted, then done again once for each with the
/// fault at it (strace). What stands under the name is the old or the new folder, whole.
/// </summary>
[Platform("Linux")]
public sealed class FaultInjectionTests
{
    private const string Tracer = "/usr/bin/strace";
    private static readonly string[] Calls = ["mkdir", "rename", "renameat2", "unlink", "rmdir", "pwrite64", "ftruncate", "fsync"];

    [OneTimeSetUp]
    public void RequireTracer() => Assert.That(File.Exists(Tracer), "These tests need strace (Debian: apt-get install strace); ./test installs it where it can.");

    [Test]
    public void Run_KilledAtAnyStep_LeavesTheOldRunOrTheNew()
    {
        using var folder = new TemporaryFolder();
        var place = folder.At("runs/run");
        string[] old = Run(place, "0"), replacing = Run(place, "1");
        Assert.That(Cli.Run(old).ExitCode, Is.Zero);
        var before = Whole(place);
        Assert.That(Cli.Run(replacing).ExitCode, Is.Zero);
        var after = Whole(place);
        var killed = 0;
        foreach (var (call, count) in Steps(folder.At("runs"), () => Begin(folder, old), replacing))
        {
            for (var at = 1; at <= count; at++)
            {
                Begin(folder, old);

                Assert.That(Traced(folder.At("runs"), replacing, $"{call}:signal=KILL:when={at}").ExitCode, Is.Not.Zero, $"{call} {at}");

                killed++;
                Assert.That(Whole(place), Is.AnyOf(before, after), $"killed at {call} {at} of {count}");
                var next = Cli.Run(replacing);
                Assert.That((next.ExitCode, Whole(place)), Is.EqualTo((0, after)), $"after a kill at {call} {at}: {next.Errors}");
            }
        }

        Assert.That(killed, Is.GreaterThanOrEqualTo(5));
        Tried.Say($"a run that replaces another: killed at each of the {killed} calls that make, name, write or remove something, 0 lost");
    }

    [Test]
    public void Run_DiskFullAtAnyWrite_KeepsTheOldRun_AndSaysWhereTheRowsAre()
    {
        using var folder = new TemporaryFolder();
        var place = folder.At("runs/run");
        string[] old = Run(place, "0"), replacing = Run(place, "1");
        Begin(folder, old);
        var before = Whole(place);
        var writes = Steps(folder.At("runs"), () => Begin(folder, old), replacing).Single(step => step.Call == "pwrite64").Count;
        for (var at = 1; at <= writes; at++)
        {
            Begin(folder, old);

            var result = Traced(folder.At("runs"), replacing, $"pwrite64:error=ENOSPC:when={at}+");

            Assert.That((result.ExitCode, Whole(place)), Is.EqualTo((2, before)), result.Errors);
            Assert.That(result.Errors.TrimEnd().Split('\n')[^1], Does.StartWith("pluginlens: ").And.Contain("what was computed is in '"));
            Assert.That(Directory.Exists(Regex.Match(result.Errors, "computed is in '([^']+)'").Groups[1].Value), result.Errors);
        }

        Assert.That(writes, Is.GreaterThanOrEqualTo(2));
        Tried.Say($"a run that replaces another: disk full at each of its {writes} writes, 0 lost");
    }

    /// <summary>No file may grow beyond 4 KB, 8 KB, ... until the whole run fits: what the system writes of a table ends in the middle of a row.</summary>
    [Test]
    public void Run_DiskFullAtEvery4KB_KeepsTheOldRun_AndTheRowsThatFit()
    {
        using var folder = new TemporaryFolder();
        var place = folder.At("runs/run");
        string[] old = Run(place, "0"), replacing = Run(place, "1", k: 400);
        Begin(folder, old);
        var (before, rows) = (Whole(place), Array.Empty<string>());
        var ended = new List<(int Kilobytes, int Rows)>();
        for (var kilobytes = 4; ; kilobytes += 4)
        {
            Begin(folder, old);

            var result = Limited(kilobytes, replacing);

            if (result.ExitCode == 0)
            {
                rows = File.ReadAllLines(Path.Combine(place, "ov-pairs.csv"));
                break;
            }

            Assert.That((result.ExitCode, Whole(place)), Is.EqualTo((2, before)), result.Errors);
            var kept = Directory.GetFiles(Regex.Match(result.Errors, "computed is in '([^']+)'").Groups[1].Value, "ov-pairs*");
            ended.Add((kilobytes, kept.Length == 0 ? 0 : File.ReadAllLines(kept[0]).Length));
            Assert.That(kilobytes, Is.LessThan(400), "it ends");
        }

        Assert.That(ended, Has.Count.GreaterThanOrEqualTo(12));
        Assert.That(ended[^1].Rows, Is.GreaterThan(rows.Length / 2), "what fitted is there");
        Tried.Say($"a run that replaces another: disk full after each 4 KB up to {ended[^1].Kilobytes} KB, 0 lost");
    }

    [Test]
    public void Import_DiskFullAtEvery4KB_LeavesTheOldFolder()
    {
        using var folder = new TemporaryFolder();
        var place = folder.At("runs/run");
        string[] import = ["import", Path.Combine(Cli.Root, "tests", "Golden", "plain-onnx", "torch-gpt2"), place, "--name", "one"], replacing = [.. import[..^1], "two", "--force"];
        Begin(folder, import);
        var full = 0;

        // From 64 KB on every eighth step: each costs a start of the program.
        for (var kilobytes = 4; ; kilobytes += kilobytes < 64 ? 4 : 32)
        {
            Begin(folder, import);
            var result = Limited(kilobytes, replacing);
            var inspected = Cli.Run("inspect", place, "--format", "json");
            Assert.That(inspected.ExitCode, Is.Zero, $"{kilobytes} KB: {inspected.Errors}");
            Assert.That((string?)JObject.Parse(inspected.Output)["name"], Is.EqualTo(result.ExitCode == 0 ? "two" : "one"));
            Assert.That(Directory.GetFileSystemEntries(folder.At("runs")), Is.EqualTo([place]), $"{kilobytes} KB: nothing is left beside it");
            if (result.ExitCode == 0)
            {
                break;
            }

            full++;
            Assert.That((result.ExitCode, result.Errors.TrimEnd().Split('\n').Length), Is.EqualTo((2, 1)), result.Errors);
            Assert.That(kilobytes, Is.LessThan(2000), "it ends");
        }

        Assert.That(full, Is.GreaterThanOrEqualTo(16));
        Tried.Say($"an import that replaces another: disk full at {full} sizes, 0 lost");
    }

    [Test]
    public void Import_KilledAtAnyStep_LeavesTheOldFolderOrTheNew()
    {
        using var folder = new TemporaryFolder();
        var place = folder.At("runs/run");
        string[] import = ["import", Path.Combine(Cli.Root, "tests", "Golden", "plain-onnx", "torch-gpt2"), place, "--name", "one"], replacing = [.. import[..^1], "two", "--force"];
        Begin(folder, import);
        var killed = 0;
        foreach (var (call, count) in Steps(null, () => Begin(folder, import), replacing, "rename", "renameat2", "rmdir"))
        {
            for (var at = 1; at <= count; at++)
            {
                Begin(folder, import);

                Traced(null, replacing, $"{call}:signal=KILL:when={at}");

                killed++;
                var inspected = Cli.Run("inspect", place, "--format", "json");
                Assert.That(inspected.ExitCode, Is.Zero, $"killed at {call} {at} of {count}: {inspected.Errors}");
                Assert.That((string?)JObject.Parse(inspected.Output)["name"], Is.AnyOf("one", "two"));
            }
        }

        Assert.That(killed, Is.GreaterThanOrEqualTo(3));
        Tried.Say($"an import that replaces another: killed at each of its {killed} calls that name or remove something, 0 lost");
    }

    [Test]
    public void ManyPrompts_KilledAgainAndAgain_AreTakenUpToTheSameTable()
    {
        using var folder = new TemporaryFolder();
        var texts = folder.At("texts.csv");
        File.WriteAllLines(texts, File.ReadLines(Path.Combine(Cli.Root, "tests", "Golden", "reviews-sample.csv")).Take(70));
        string[] Arguments(string place, params string[] more) => ["run", "--plugin", "attention-tokens", "--model", "tiny-gpt2", "--prompts", texts, "--layer", "0-1", "--components", "v,q", "--quiet", "--out", place, .. more];
        Assert.That(Cli.Run(Arguments(folder.At("whole"))).ExitCode, Is.Zero);

        var (place, killed) = (folder.At("run"), 0);
        for (var start = true; killed < 4; start = false)
        {
            var journal = folder.At(".run.running/resume.json");
            var before = start ? string.Empty : File.Exists(journal) ? File.ReadAllText(journal) : string.Empty;
            using var process = Cli.Start(Cli.Root, Arguments(place, start ? [] : ["--resume"]), new Dictionary<string, string>());
            while (!process.HasExited && (!File.Exists(journal) || Read(journal) == before))
            {
                Thread.Sleep(2);
            }

            if (process.HasExited)
            {
                break;
            }

            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            killed++;
        }

        Assert.That(killed, Is.Positive, "it was killed at least once");
        Tried.Say($"a run of 70 prompts: killed {killed} times and taken up again, the same bytes");
        var last = Directory.Exists(place) ? null : Cli.Run(Arguments(place, "--resume"));
        Assert.That(last?.ExitCode ?? 0, Is.Zero, last?.Errors);
        Assert.That(File.ReadAllText(Path.Combine(place, "attention-tokens.csv")), Is.EqualTo(File.ReadAllText(folder.At("whole/attention-tokens.csv"))));
        Assert.That(Directory.GetFiles(place).Select(Path.GetFileName), Is.EquivalentTo(["attention-tokens.csv", "run.json"]));

        static string Read(string path)
        {
            try
            {
                return File.ReadAllText(path);
            }
            catch (IOException)
            {
                return string.Empty;
            }
        }
    }

    /// <summary>Who reads a little at a time gets all of it, and the program waits.</summary>
    [Test]
    public void SlowPipe_GetsEveryByte([Values("csv", "json")] string format)
    {
        string[] arguments = ["qk-pairs", "--model", "tiny-gpt2", "--k", "2000", "--format", format, "--quiet"];
        var whole = Cli.Run(arguments);
        using var process = Cli.Start(Cli.Root, arguments, new Dictionary<string, string>());
        var (buffer, read) = (new char[4096], new System.Text.StringBuilder());
        for (int count; (count = process.StandardOutput.Read(buffer)) > 0;)
        {
            read.Append(buffer, 0, count);
            Thread.Sleep(1);
        }

        process.WaitForExit();
        Assert.That((process.ExitCode, whole.ExitCode), Is.EqualTo((0, 0)));
        Assert.That(read.Length, Is.GreaterThan(1 << 18));
        Assert.That(Untimed(read.ToString()), Is.EqualTo(Untimed(whole.Output)));

        static string Untimed(string text) => Regex.Replace(text, "\"(started|wall_seconds)\": [^\\n]*", string.Empty);
    }

    [TestCase("csv")]
    [TestCase("json")]
    [TestCase("table")]
    public void ClosedPipe_EndsTheProgramQuietly(string format)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", $"dotnet '{Cli.Program}' qk-pairs --model tiny-gpt2 --k 2000 --rows 0 --format {format} --quiet | head -c 100 > /dev/null; echo ${{PIPESTATUS[0]}}"])
        {
            WorkingDirectory = Cli.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = bash.StandardError.ReadToEndAsync();

        Assert.That(bash.StandardOutput.ReadToEnd().Trim(), Is.AnyOf("0", "1", "2"));
        Assert.That(errors.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.LessThanOrEqualTo(1), errors.Result);
        Assert.That(errors.Result, Does.Not.Contain("Unexpected"));
    }

    private static string[] Run(string place, string layer, int k = 40) => ["run", "--plugin", "ov-pairs", "--model", "tiny-gpt2", "--layer", layer, "--k", $"{k}", "--no-cache", "--quiet", "--force", "--out", place];

    /// <summary>A place with the old folder in it and nothing else.</summary>
    private static void Begin(TemporaryFolder folder, string[] old)
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
    private static List<(string Call, int Count)> Steps(string? below, Action begin, string[] arguments, params string[] calls)
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
    private static CliResult Traced(string? below, string[] arguments, string fault, string log = "/dev/null", bool traces = false)
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
    private static CliResult Limited(int kilobytes, string[] arguments)
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

    /// <summary>What a run's folder holds, as one text: its table and that it is complete.</summary>
    private static string Whole(string place)
    {
        var json = JObject.Parse(File.ReadAllText(Path.Combine(place, "run.json")));
        Assert.That((string?)json["status"], Is.EqualTo("complete"));
        Assert.That(Directory.GetFiles(place).Select(Path.GetFileName), Is.EquivalentTo(["run.json", "ov-pairs.csv"]));
        return (string?)json["files_sha256"]!["ov-pairs.csv"] + File.ReadAllText(Path.Combine(place, "ov-pairs.csv"));
    }
}
