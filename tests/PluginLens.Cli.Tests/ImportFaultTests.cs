using PluginLens.Models;
using PluginLens.Tests.Shared;
using static PluginLens.Cli.Tests.Faults;

namespace PluginLens.Cli.Tests;

/// <summary>Imports are killed, and the disk is full, at every step: what stands under the name is the old or the new model folder, whole.</summary>
[Platform("Linux")]
public sealed class ImportFaultTests
{
    [OneTimeSetUp]
    public void Require() => RequireTracer();

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
            Assert.That(NameOf(place), Is.EqualTo(result.ExitCode == 0 ? "two" : "one"), $"{kilobytes} KB");
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
                Assert.That(NameOf(place), Is.AnyOf("one", "two"), $"killed at {call} {at} of {count}");
            }
        }

        Assert.That(killed, Is.GreaterThanOrEqualTo(3));
        Tried.Say($"an import that replaces another: killed at each of its {killed} calls that name or remove something, 0 lost");
    }

    /// <summary>Name of the model in a folder, whose weights fit the hash that it records.</summary>
    private static string NameOf(string place)
    {
        using var model = ModelFolder.Open(place, new OpenOptions());
        return model.Config.Name;
    }
}
