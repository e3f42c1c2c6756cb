using System.Text.Json;
using static PluginLens.Cli.Tests.Misbehaving;

namespace PluginLens.Cli.Tests;

/// <summary>Whatever a plugin does, the host lives, says who it was, and keeps the rows that were there.</summary>
public sealed class IsolationTests
{
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

        var result = Run(how, ["--out", folder.At("run"), .. limits]);

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
            var result = Run("message-throws", ["--trust", more]);

            Assert.That(result.ExitCode, Is.EqualTo(1));
            Assert.That(result.Errors, Does.Contain("Analysis 'misbehaves' failed: MessageThrowsException: (its message cannot be read: InvalidOperationException)"));
        }
    }

    [Test]
    public void Trusted_ThatEndsTheProgram_IsNoSuccess()
    {
        var result = Run("exits", ["--trust"]);

        Assert.That((result.ExitCode, result.Errors), Is.EqualTo((1, "pluginlens: The program was ended while an analysis ran; what it found is not whole.\n")));
    }

    [TestCase("--trust")]
    [TestCase("--isolate")]
    public void Crash_SaysHowToSeeMore(string where)
    {
        Assert.That(Run("throws", [where]).Errors, Is.EqualTo("pluginlens: Analysis 'misbehaves' failed: InvalidOperationException: thrown by it (--verbose shows where)\n"));
        Assert.That(Run("throws", [where, "--verbose"]).Errors, Does.Contain("   at PluginLens.Fixtures.Misbehaves.Run("));
    }

    /// <summary>The model has the hooks that it says; who asks for another is wrong.</summary>
    [TestCase("--trust")]
    [TestCase("--isolate")]
    public void UnknownHook_IsThePluginsFault(string where)
    {
        var result = Run("asks-for-unknown-hook", [where, "--model", "tiny-gpt2"]);

        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Errors, Does.StartWith("pluginlens: Analysis 'misbehaves' failed: ").And.Contain("Expected hooks of model 'tiny-gpt2', found 'blocks.0.hook_resid_psot'; did you mean 'blocks.0.hook_resid_post'"));
        Assert.That(result.Output, Does.Contain(": failed, not whole").And.Not.Contain("exact"));
    }

    [Test]
    public void Process_HasATemporaryFolderOfItsOwn_ThatGoesWithIt()
    {
        var result = Run("says-where-it-is", []);

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
            var result = Run("prints-controls", [more]);

            Assert.That(result.Output, Does.Contain(@"note: a note\u{1B}[2J").And.Contain(@"warning: a warning\u{9B}2J"));
            Assert.That(result.Errors, Does.Contain(@"an error\u{1B}]0;title\u{07}"));
            Assert.That(result.Output + result.Errors, Does.Not.Contain("\u001b").And.Not.Contain("\u009b"));
        }
    }
}
