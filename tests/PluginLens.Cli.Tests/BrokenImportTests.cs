using System.Diagnostics;
using PluginLens.Tests.Shared;
using static PluginLens.Cli.Tests.HubImport;

namespace PluginLens.Cli.Tests;

/// <summary>Imports from a hub that break off half way, and two at once.</summary>
public sealed class BrokenImportTests
{
    [Test]
    public void Import_Killed_GoesOnWhereItWas()
    {
        using var folder = new TemporaryFolder();
        var repository = GgufRepository();
        using var hub = new FakeHub(repository);
        var content = Golden(Small);
        string[] arguments = ["import", "org/model", "made", "--file", "*Q4_0.gguf"];
        using (var process = StartedAndHalfway(hub, folder, arguments, content))
        {
            process.Kill();
            process.WaitForExit();
        }

        Assert.That(Directory.Exists(folder.At("made")), Is.False);
        var again = Cli.RunIn(folder.At("."), arguments, Environment(hub, folder));

        Assert.That(again.ExitCode, Is.Zero, again.Errors);
        Assert.That(hub.Requests.Where(request => request.IsForContent).Select(request => request.From), Is.EqualTo(new long?[] { null, content.Length / 2 }));
        Assert.That(Directory.GetFiles(folder.At("hf/hub/models--org--model/blobs")).Select(Path.GetFileName), Is.EqualTo([repository.Id(content)]));
    }

    [Test]
    [Platform(Exclude = "Win")]
    public void Import_Interrupted_KeepsThePart_AndSaysSo()
    {
        using var folder = new TemporaryFolder();
        using var hub = new FakeHub(GgufRepository());
        var content = Golden(Small);
        using var process = StartedAndHalfway(hub, folder, ["import", "org/model", "made", "--file", "*Q4_0.gguf"], content);

        using (var kill = Process.Start("kill", ["-INT", $"{process.Id}"]))
        {
            kill.WaitForExit();
        }

        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.That((process.ExitCode, errors), Is.EqualTo((130, "pluginlens: Stopping the import: what was fetched is kept, a folder that is not whole is not. Ctrl-C again ends it at once.\n"
            + "pluginlens: Stopped; what was fetched is kept, and the same command goes on from there.\n")));
        Assert.That(new FileInfo(Directory.GetFiles(folder.At("hf/hub/models--org--model/blobs"), "*.part").Single()).Length, Is.EqualTo(content.Length / 2));
    }

    [Test]
    public void Import_TwoProcessesAtOnce_BothSucceed()
    {
        using var folder = new TemporaryFolder();
        using var hub = new FakeHub(GgufRepository());

        using var one = Cli.Start(folder.At("."), ["import", "org/model", "one", "--file", "*Q4_0.gguf"], Environment(hub, folder));
        var two = Cli.RunIn(folder.At("."), ["import", "org/model", "two", "--file", "*Q4_0.gguf"], Environment(hub, folder));
        var errors = one.StandardError.ReadToEnd();
        one.WaitForExit();

        Assert.That((one.ExitCode, two.ExitCode), Is.EqualTo((0, 0)), errors + two.Errors);
        Assert.That(File.ReadAllBytes(folder.At("two/model.onnx.data")), Is.EqualTo(File.ReadAllBytes(folder.At("one/model.onnx.data"))));
        Assert.That(hub.Requests.Count(request => request.IsForContent), Is.EqualTo(1));
    }

    [Test]
    public void Import_WhereLocksDoNotHold_SharesNoPart()
    {
        using var folder = new TemporaryFolder();
        var repository = GgufRepository();
        using var hub = new FakeHub(repository);
        var blobs = folder.At("hf/hub/models--org--model/blobs");
        string[] arguments = ["import", "org/model", "made", "--file", "*Q4_0.gguf", "--force"];
        (string, string) noLocks = ("DOTNET_SYSTEM_IO_DISABLEFILELOCKING", "1");
        using (var other = StartedAndHalfway(hub, folder, arguments, Golden(Small), noLocks))
        {
            var result = Cli.RunIn(folder.At("."), arguments, Environment(hub, folder, noLocks));
            Assert.That(result.ExitCode, Is.Zero, result.Errors);
            Assert.That(Directory.GetFiles(blobs, "*.part"), Has.Length.EqualTo(1), "what the other fetches is its own");
            other.Kill();
            other.WaitForExit();
        }

        Assert.That(hub.Requests.Where(request => request.IsForContent).Select(request => request.From), Is.EqualTo(new long?[] { null, null }));
    }

    /// <summary>An import that got half of a file and waits for the rest.</summary>
    private static Process StartedAndHalfway(FakeHub hub, TemporaryFolder folder, string[] arguments, byte[] content, params (string, string)[] more)
    {
        var isFirst = true;
        hub.Fault = request =>
        {
            if (!request.IsForContent || !isFirst)
            {
                return null;
            }

            isFirst = false;
            return new FakeAnswer(200, content) { CutAfter = content.Length / 2, Hold = new TaskCompletionSource().Task };
        };

        // Longer than the test: nothing but the signal ends the waiting.
        var process = Cli.Start(folder.At("."), arguments, Environment(hub, folder, [("HF_HUB_DOWNLOAD_TIMEOUT", "600"), .. more]));
        var blobs = folder.At("hf/hub/models--org--model/blobs");
        Assert.That(
            () => process.HasExited || (Directory.Exists(blobs) && Directory.GetFiles(blobs, "*.part").Any(IsHalf)), Is.True.After(60_000, 20), "the first half should have come");
        Assert.That(process.HasExited, Is.False, "it waits for the rest");
        return process;

        // Where locks do not hold, a first part goes again between being listed and being measured.
        bool IsHalf(string part) => new FileInfo(part) is { Exists: true } file && file.Length == content.Length / 2;
    }
}
