using System.Diagnostics;
using static PluginLens.Cli.Tests.Misbehaving;

namespace PluginLens.Cli.Tests;

/// <summary>A run that is stopped, or whose program is killed, leaves what was finished and nothing else.</summary>
public sealed class CtrlCTests
{
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
}
