using System.Diagnostics;
using System.Text.Json;

namespace PluginLens.Cli.Tests;

/// <summary>Whatever a plugin does, the host lives, says who it was, and keeps the rows that were there.</summary>
public sealed class IsolationTests
{
    private const string Stopping = "pluginlens: Stopping 'misbehaves': rows that are finished are kept. Ctrl-C again ends it at once.\n";
    private static readonly string Fixture = Path.Combine(Cli.Root, "artifacts", "fixtures", "Misbehaves");

    [TestCase("throws", "InvalidOperationException: thrown by it")]
    [TestCase("message-throws", "MessageThrowsException: (its message cannot be read: InvalidOperationException)")]
    [TestCase("exits", "its process ended before it was through (exit code 0)")]
    [TestCase("fails-fast", "(aborted, signal 6): Process terminated. failed fast")]
    [TestCase("overflows-stack", "(aborted, signal 6): Stack overflow.")]
    [TestCase("writes-anywhere", "signal")]
    [TestCase("throws-on-thread", "(aborted, signal 6): Unhandled exception. System.InvalidOperationException: thrown late")]
    [TestCase("loops", "it took longer than the 1.5 seconds of --timeout", "--timeout", "1.5")]
    [TestCase("allocates", "OutOfMemoryException: it asked for more memory than there is, or than --max-memory allows", "--max-memory", "200m")]
    [TestCase("allocates-natively", " GB of memory, more than --max-memory allows (0.2 GB)", "--max-memory", "200m")]
    public void Fault_FailsTheRunByName_AndRowsAreKept(string how, string said, params string[] limits)
    {
        using var folder = new TemporaryFolder();

        var result = Misbehave(how, ["--out", folder.At("run"), .. limits]);

        Assert.That(result.ExitCode, Is.EqualTo(1), result.Errors);
        Assert.That(result.Errors, Does.StartWith("pluginlens: Analysis 'misbehaves' failed: ").And.Contain(said));
        Assert.That(result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(1), "one line");
        Assert.That(File.ReadAllText(folder.At("run/rows.incomplete.csv")), Is.EqualTo("number\n1\n"));
        Assert.That(Status(folder.At("run")), Is.EqualTo("failed"));
    }

    [TestCase("none")]
    [TestCase("leaves-thread")]
    [TestCase("leaks-handles")]
    [TestCase("moves-away")]
    [TestCase("reads-disposed-model")]
    [TestCase("reads-disposed-model", "--trust")]
    [TestCase("leaves-thread", "--trust")]
    [TestCase("leaks-handles", "--trust")]
    [TestCase("moves-away", "--trust")]
    public void Mischief_ThatHarmsNothing_CompletesTheRun(string how, params string[] more)
    {
        using var folder = new TemporaryFolder();

        var result = Cli.RunIn(folder.At("."), [.. Arguments(how), "--models", Path.Combine(Cli.Root, "models", "onnx"), "--out", "run", .. more], new Dictionary<string, string>());

        Assert.That((result.ExitCode, result.Errors), Is.EqualTo((0, "wrote run\n")));
        Assert.That(File.ReadAllText(folder.At("run/rows.csv")), Is.EqualTo("number\n1\n2.5\n"));
        Assert.That(result.Output, Does.Contain("2.5000"));
        Assert.That(Status(folder.At("run")), Is.EqualTo("complete"));
    }

    [Test]
    public void Trusted_MessageThatThrows_IsAFailureLikeAnother()
    {
        foreach (var more in new[] { "--quiet", "--verbose" })
        {
            var result = Misbehave("message-throws", ["--trust", more]);

            Assert.That(result.ExitCode, Is.EqualTo(1));
            Assert.That(result.Errors, Does.Contain("Analysis 'misbehaves' failed: MessageThrowsException: (its message cannot be read: InvalidOperationException)"));
        }
    }

    [Test]
    public void Trusted_ThatEndsTheProgram_IsNoSuccess()
    {
        var result = Misbehave("exits", ["--trust"]);

        Assert.That((result.ExitCode, result.Errors), Is.EqualTo((1, "pluginlens: The program was ended while an analysis ran; what it found is not whole.\n")));
    }

    [TestCase("stops-quietly")]
    [TestCase("stops-quietly", "--trust")]
    [TestCase("stays-deaf")]
    public void CtrlC_IsCancelled_HoweverThePluginStops(string how, params string[] more)
    {
        using var folder = new TemporaryFolder();
        using var process = Cli.Start(Cli.Root, [.. Arguments(how), "--out", folder.At("run"), .. more], new Dictionary<string, string>());
        Assert.That(process.StandardError.ReadLine(), Is.EqualTo("waiting"));
        Interrupt(process);

        var errors = process.StandardError.ReadToEnd();
        Assert.That(process.WaitForExit(TimeSpan.FromSeconds(30)), "it stopped");
        Assert.That((process.ExitCode, errors), Is.EqualTo((130, Stopping + "pluginlens: Stopped; what was finished was kept.\n")));
        Assert.That(Status(folder.At("run")), Is.EqualTo("cancelled"));
        Assert.That(Json(folder.At("run")).GetProperty("incomplete").GetString(), Does.StartWith("TABLE.incomplete.csv holds the rows that were finished"));
        Assert.That(File.ReadAllText(folder.At("run/rows.incomplete.csv")), Is.EqualTo("number\n1\n"));
    }

    /// <summary>The second ends the program whether the plugin looks or not.</summary>
    [TestCase("stays-deaf", "--trust")]
    [TestCase("loops", "--trust")]
    [TestCase("loops", "--isolate")]
    public void CtrlC_Again_EndsTheProgramAtOnce(string how, string where)
    {
        using var folder = new TemporaryFolder();
        using var process = Cli.Start(Cli.Root, [.. Arguments(how), "--out", folder.At("run"), where], new Dictionary<string, string>());
        Assert.That(() => File.Exists(folder.At(".run.running/rows.csv")), Is.True.After(30_000, 20), "it runs");
        Interrupt(process);
        Assert.That(Lines(process).First(line => line != "waiting"), Is.EqualTo(Stopping.TrimEnd()));
        Interrupt(process);

        // The plugin's own line comes when it likes.
        Assert.That(process.StandardError.ReadToEnd().Replace("waiting\n", string.Empty, StringComparison.Ordinal), Is.EqualTo("pluginlens: Ended at once, in the middle of 'misbehaves'.\n"));
        Assert.That(process.WaitForExit(TimeSpan.FromSeconds(30)), "it ended");
        Assert.That(process.ExitCode, Is.EqualTo(130));

        static IEnumerable<string?> Lines(Process process)
        {
            while (process.StandardError.ReadLine() is { } line)
            {
                yield return line;
            }
        }
    }

    /// <summary>An analysis that is stopped is named, and so is what did not begin; each says how it ended as it ends.</summary>
    [Test]
    public void CtrlC_AmongAll_NamesWhatWasStopped()
    {
        using var folder = new TemporaryFolder();
        string[] run = ["run", "all", "--model", "tiny-attn-2l", "--ids", "1,2", "--plugins", Path.Combine(Fixture, "..", "HangsUntilCancelled"), "--out", folder.At("all"), "--no-cache"];
        using var process = Cli.Start(Cli.Root, run, new Dictionary<string, string>());
        var errors = process.StandardError.ReadToEndAsync();
        var lines = new List<string>();
        while (process.StandardOutput.ReadLine() is { } line)
        {
            lines.Add(line);
            if (line.StartsWith("finetune-diff ", StringComparison.Ordinal))
            {
                Assert.That(() => File.Exists(folder.At("all/.hangs-until-cancelled.running/rows.csv")), Is.True.After(30_000, 20), "the next one runs");
                Interrupt(process);
            }
        }

        Assert.That(process.WaitForExit(TimeSpan.FromSeconds(30)), "it stopped");
        Assert.That((process.ExitCode, errors.Result), Is.EqualTo((130, Stopping.Replace("misbehaves", "hangs-until-cancelled", StringComparison.Ordinal))));
        Assert.That(lines[0], Does.Match("^analysis +outcome +seconds$"));
        Assert.That(lines, Has.Some.Match("^hangs-until-cancelled +stopped +[0-9.]+  1 row kept$").And.Some.Match("^[0-9]+ done, [0-9]+ skipped, 1 stopped$").And.Some.EqualTo("stopped: hangs-until-cancelled"));
        Assert.That(lines[^1], Does.StartWith("did not begin: head-behaviours, head-detector, "));
    }

    [TestCase("--trust")]
    [TestCase("--isolate")]
    public void Crash_SaysHowToSeeMore(string where)
    {
        Assert.That(Misbehave("throws", [where]).Errors, Is.EqualTo("pluginlens: Analysis 'misbehaves' failed: InvalidOperationException: thrown by it (--verbose shows where)\n"));
        Assert.That(Misbehave("throws", [where, "--verbose"]).Errors, Does.Contain("   at PluginLens.Fixtures.Misbehaves.Run("));
    }

    /// <summary>The model has the hooks that it says; who asks for another is wrong.</summary>
    [TestCase("--trust")]
    [TestCase("--isolate")]
    public void UnknownHook_IsThePluginsFault(string where)
    {
        var result = Misbehave("asks-for-unknown-hook", [where, "--model", "tiny-gpt2"]);

        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Errors, Does.StartWith("pluginlens: Analysis 'misbehaves' failed: ").And.Contain("Expected hooks of model 'tiny-gpt2', found 'blocks.0.hook_resid_psot'; did you mean 'blocks.0.hook_resid_post'"));
        Assert.That(result.Output, Does.Contain(": failed, not whole").And.Not.Contain("exact"));
    }

    [Test]
    public void HostKilled_TakesTheProcessAndItsFolderWithIt()
    {
        using var folder = new TemporaryFolder();
        var temporary = Directory.CreateDirectory(folder.At("temporary")).FullName;
        using var process = Cli.Start(Cli.Root, Arguments("stays-deaf"), new Dictionary<string, string> { ["TMPDIR"] = temporary });
        Assert.That(process.StandardError.ReadLine(), Is.EqualTo("waiting"));
        Assert.That(Directory.GetDirectories(temporary, "pluginlens-isolated-*"), Has.Length.EqualTo(1));

        process.Kill();

        // The pipes of the process close with it.
        Assert.That(process.StandardError.ReadToEnd(), Is.Empty);
        Assert.That(() => Directory.GetDirectories(temporary, "pluginlens-isolated-*"), Is.Empty.After(5000, 50));
    }

    [Test]
    public void Process_HasATemporaryFolderOfItsOwn_ThatGoesWithIt()
    {
        var result = Misbehave("says-where-it-is", []);

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        var folder = result.Errors.Trim()["temporary ".Length..];
        Assert.That(folder, Does.Contain("pluginlens-isolated-"));
        Assert.That(Directory.Exists(folder), Is.False);
    }

    [Test]
    public void Results_AreTheSameBytes_InAProcessOfTheirOwn()
    {
        using var folder = new TemporaryFolder();
        foreach (var models in new[] { new[] { "--model", "tiny-gpt2" }, ["--model", "tiny-gpt2", "--model", "tiny-gpt2-b"] })
        {
            string[] run = ["run", "--plugin", "every-result", "--plugins", Fixture, .. models, "--prompt", "The cat", "--ids", "1,2", "--format", "json"];
            var here = Cli.Run([.. run, "--trust", "--out", folder.At($"here-{models.Length}")]);
            var isolated = Cli.Run([.. run, "--isolate", "--out", folder.At($"isolated-{models.Length}")]);

            Assert.That((here.ExitCode, isolated.ExitCode), Is.EqualTo((0, 0)), here.Errors + isolated.Errors);
            Assert.That(Files(folder.At($"isolated-{models.Length}")), Is.EqualTo(Files(folder.At($"here-{models.Length}"))));
            Assert.That(WithoutTime(isolated.Output), Is.EqualTo(WithoutTime(here.Output)));
            Assert.That(WithoutTime(File.ReadAllText(folder.At($"isolated-{models.Length}/run.json"))), Is.EqualTo(WithoutTime(File.ReadAllText(folder.At($"here-{models.Length}/run.json")))));
        }

        static Dictionary<string, string> Files(string path) => Directory.GetFiles(path, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) != "run.json")
            .ToDictionary(file => Path.GetRelativePath(path, file), file => Convert.ToHexString(File.ReadAllBytes(file)));
        static string WithoutTime(string json) => string.Join('\n', json.Split('\n').Where(line =>
            !line.Contains("wall_seconds", StringComparison.Ordinal) && !line.Contains("started", StringComparison.Ordinal) && !line.Contains("--trust", StringComparison.Ordinal)
            && !line.Contains("--isolate", StringComparison.Ordinal) && !line.Contains(Path.GetTempPath(), StringComparison.Ordinal)));
    }

    [Test]
    public void PlanAndRerun_WorkAcrossTheProcess()
    {
        using var folder = new TemporaryFolder();
        var run = Cli.Run("run", "--plugin", "every-result", "--plugins", Fixture, "--prompt", "The cat", "--out", folder.At("run"));
        var again = Cli.Run("rerun", folder.At("run"));
        Assert.That((run.ExitCode, again.ExitCode), Is.EqualTo((0, 0)), run.Errors + again.Errors + again.Output);
        Assert.That(again.Output, Does.Contain("every-result: the same was found"));

        var (here, isolated) = (Cli.Run("run", "--plugin", "token-norms", "--plan"), Cli.Run("run", "--plugin", "token-norms", "--plan", "--isolate"));
        Assert.That((isolated.ExitCode, isolated.Output), Is.EqualTo((0, here.Output)), isolated.Errors);
        Assert.That(here.Output, Does.Contain("FLOP"));
    }

    [Test]
    public void FileWithoutAFolder_IsRefusedAsInTheProgramItself()
    {
        var result = Cli.Run("run", "--plugin", "every-result", "--plugins", Fixture);

        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Errors, Does.Contain("This analysis writes files ('numbers.bin'); give --out FOLDER."));
    }

    [Test]
    public void MoreThreadsThanProcessors_AreNotMade()
    {
        var result = Cli.Run("run", "--plugin", "token-norms", "--threads", "10000", "--format", "json");

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        Assert.That(result.Errors, Does.StartWith("--threads 10000: there are "));
        Assert.That(JsonDocument.Parse(result.Output).RootElement.GetProperty("run").GetProperty("threads").GetInt32(), Is.LessThan(10000));
    }

    [TestCase("--isolate --trust", "opposites")]
    [TestCase("--timeout 0", "--timeout takes")]
    [TestCase("--max-memory 12", "at least 64m")]
    [TestCase("--max-memory lots", "at least 64m")]
    public void Limits_ThatMakeNoSense_AreRefused(string options, string said)
    {
        var result = Cli.Run(["run", "--plugin", "token-norms", .. options.Split(' ')]);

        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Errors, Does.Contain(said));
    }

    [Test]
    public void Text_OfAPlugin_CannotMoveTheCursor()
    {
        foreach (var more in new[] { "--isolate", "--trust" })
        {
            var result = Misbehave("prints-controls", [more]);

            Assert.That(result.Output, Does.Contain(@"note: a note\u{1B}[2J").And.Contain(@"warning: a warning\u{9B}2J"));
            Assert.That(result.Errors, Does.Contain(@"an error\u{1B}]0;title\u{07}"));
            Assert.That(result.Output + result.Errors, Does.Not.Contain("\u001b").And.Not.Contain("\u009b"));
        }
    }

    /// <summary>Who cuts a model's file while it is read harms nobody where the system told us in time: the weights are kept. Where it does not (somebody had the file open for writing before), the run fails by name.</summary>
    [Test, Platform("Linux")]
    public void ModelThatIsCutWhileItIsRead_IsKept_OrTheRunFails([Values] bool writerIsThere)
    {
        using var folder = new TemporaryFolder();
        var (model, data) = CopyOfModel(folder);
        using var writer = writerIsThere ? new FileStream(data, FileMode.Open, FileAccess.Write, FileShare.ReadWrite) : null;

        var result = Misbehave("cuts-model", ["--model", model, "--cuts", data, "--out", folder.At("run")]);

        Assert.That(new FileInfo(data).Length, Is.Zero);
        if (writerIsThere)
        {
            Assert.That(result.ExitCode, Is.EqualTo(1));
            Assert.That(result.Errors, Does.StartWith("pluginlens: Analysis 'misbehaves' failed: '").And.EndWith("/model.onnx.data' was changed while it was read. Copy or export the model again, and leave it alone while a run reads it (--verbose shows where)\n"));
            Assert.That(File.ReadAllText(folder.At("run/rows.incomplete.csv")), Is.EqualTo("number\n1\n"));
        }
        else
        {
            Assert.That((result.ExitCode, result.Errors), Is.EqualTo((0, $"wrote {folder.At("run")}\n")));
        }
    }

    /// <summary>Where a model's file may be cut under us, even the program's own analyses run in a process that may die; only such a process knows --timeout.</summary>
    [Test, Platform("Linux")]
    public void ModelThatMayBeCut_IsReadInAProcessOfItsOwn()
    {
        using var folder = new TemporaryFolder();
        var (model, data) = CopyOfModel(folder);
        string[] run = ["run", "--plugin", "ov-pairs", "--model", model, "--timeout", "0.001", "--quiet"];

        Assert.That(Cli.Run(run).ExitCode, Is.Zero, "kept, so in the program");
        using var writer = new FileStream(data, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        foreach (var more in new[] { Array.Empty<string>(), ["--models", Path.GetDirectoryName(model)!] })
        {
            Assert.That(Cli.Run([.. run, .. more]).Errors, Does.Contain("Analysis 'ov-pairs' failed: it took longer than the 0.001 seconds of --timeout"));
        }

        Assert.That(Cli.Run([.. run, "--trust"]).ExitCode, Is.Zero, "who trusts runs it in the program");
    }

    private static (string Model, string Data) CopyOfModel(TemporaryFolder folder)
    {
        var model = folder.At("model");
        Directory.CreateDirectory(model);
        foreach (var file in Directory.GetFiles(Path.Combine(Cli.Root, "models", "onnx", "tiny-gpt2")))
        {
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        }

        return (model, Path.Combine(model, "model.onnx.data"));
    }

    private static void Interrupt(Process process)
    {
        using var signal = Process.Start("kill", ["-INT", $"{process.Id}"]);
        signal.WaitForExit();
    }

    private static string[] Arguments(string how) => ["run", "--plugin", "misbehaves", "--plugins", Fixture, "--how", how];

    private static CliResult Misbehave(string how, string[] more) => Cli.Run([.. Arguments(how), .. more]);

    private static string? Status(string run) => Json(run).GetProperty("status").GetString();

    private static JsonElement Json(string run) => JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "run.json"))).RootElement;
}
