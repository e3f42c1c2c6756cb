using PluginLens.Tests.Shared;

namespace PluginLens.Cli.Tests;

/// <summary>Pipes in the place of files, and imports that are killed, as a user meets them.</summary>
[Platform("Linux,MacOsX")]
public sealed class FilePlacesTests
{
    private static readonly string Model = Path.Combine(Cli.Root, "models", "onnx", "tiny-gpt2");

    [Test]
    public void Models_WithAPipeAmongThem_ListsTheOthersAndSaysWhatItIs()
    {
        using var folder = new TemporaryFolder();
        NamedPipe.Make(Path.Combine(Copy(folder.At("models/a")), "model.onnx"));
        Copy(folder.At("models/b"));

        var result = Cli.Run("models", "--models", folder.At("models"));

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        Assert.That(result.Output, Does.Match(@"(?m)^a cannot be opened: .*").And.Contain("named pipe").And.Match(@"(?m)^b +gpt2"));
        Assert.That(result.Output.Split('\n').Where(line => !line.StartsWith("a cannot", StringComparison.Ordinal)).Max(line => line.Length), Is.LessThanOrEqualTo(100), "a reason does not widen the table");
    }

    [Test]
    public void Run_PromptsFromAPipe_AreRefusedInOneLine()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.At("."));
        NamedPipe.Make(folder.At("prompts.txt"));

        var result = Cli.Run("run", "--plugin", "activations", "--model", Model, "--prompts", folder.At("prompts.txt"), "--out", folder.At("run"));

        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Errors, Does.Contain("is a named pipe; expected a regular file").And.Matches("^[^\n]*\n$"));
    }

    [Test]
    public void Import_Killed_LeavesTheOldFolder_AndTheNextOneCleansUp()
    {
        using var folder = new TemporaryFolder();
        string[] import = ["import", Path.Combine(Cli.Root, "tests", "Golden", "plain-onnx", "torch-gpt2"), folder.At("models/model"), "--force"];
        Assert.That(Cli.Run(import).ExitCode, Is.Zero);
        var before = Directory.GetFiles(folder.At("models/model")).ToDictionary(file => file, File.ReadAllBytes);
        using (var killed = Cli.Start(folder.At("."), import, new Dictionary<string, string>()))
        {
            Assert.That(SpinWait.SpinUntil(() => killed.HasExited || Directory.GetDirectories(folder.At("models")).Length > 1, TimeSpan.FromMinutes(1)) && !killed.HasExited, "it should have begun to write");
            killed.Kill();
            killed.WaitForExit();
        }

        Assert.That(Directory.GetFiles(folder.At("models/model")), Is.EquivalentTo(before.Keys));
        Assert.That(before.Where(file => !File.ReadAllBytes(file.Key).SequenceEqual(file.Value)), Is.Empty);
        var left = Path.GetFileName(Directory.GetDirectories(folder.At("models"), ".model.*").Single());

        var again = Cli.Run(import);

        Assert.That(again.ExitCode, Is.Zero, again.Errors);
        Assert.That(again.Output + again.Errors, Does.Contain($"removed '{left}', which an import or export that was killed had left"));
        Assert.That(Directory.GetFileSystemEntries(folder.At("models")), Is.EqualTo([folder.At("models/model")]));
    }

    private static string Copy(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(Model))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        return folder;
    }
}
