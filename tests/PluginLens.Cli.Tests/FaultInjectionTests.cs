using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;
using PluginLens.Tests.Shared;
using static PluginLens.Cli.Tests.Faults;

namespace PluginLens.Cli.Tests;

/// <summary>
/// Runs are killed, and the disk is full, at every step that they take in their folder: each call of the system that makes, names, writes or removes something there is counted, then done again once for each with the
/// fault at it (strace). What stands under the name is the old or the new folder, whole.
/// </summary>
[Platform("Linux")]
public sealed class FaultInjectionTests
{
    [OneTimeSetUp]
    public void Require() => RequireTracer();

    [Test]
    public void Run_KilledAtAnyStep_LeavesTheOldRunOrTheNew()
    {
        using var session = new Session();
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
                session.Run(replacing);
                Assert.That(Whole(place), Is.EqualTo(after), $"after a kill at {call} {at}");
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

    private static string[] Run(string place, string layer, int k = 40) => ["run", "--plugin", "ov-pairs", "--model", "tiny-gpt2", "--layer", layer, "--k", $"{k}", "--no-cache", "--quiet", "--force", "--out", place];

    /// <summary>What a run's folder holds, as one text: its table and that it is complete.</summary>
    private static string Whole(string place)
    {
        var json = JObject.Parse(File.ReadAllText(Path.Combine(place, "run.json")));
        Assert.That((string?)json["status"], Is.EqualTo("complete"));
        Assert.That(Directory.GetFiles(place).Select(Path.GetFileName), Is.EquivalentTo(["run.json", "ov-pairs.csv"]));
        return (string?)json["files_sha256"]!["ov-pairs.csv"] + File.ReadAllText(Path.Combine(place, "ov-pairs.csv"));
    }
}
