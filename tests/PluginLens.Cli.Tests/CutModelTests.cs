using static PluginLens.Cli.Tests.Misbehaving;

namespace PluginLens.Cli.Tests;

/// <summary>A model's file that somebody cuts under the run that reads it.</summary>
[Platform("Linux")]
public sealed class CutModelTests
{
    /// <summary>Who cuts a model's file while it is read harms nobody where the system told us in time: the weights are kept. Where it does not (somebody had the file open for writing before), the run fails by name.</summary>
    [Test]
    public void ModelThatIsCutWhileItIsRead_IsKept_OrTheRunFails([Values] bool writerIsThere)
    {
        using var folder = new TemporaryFolder();
        var (model, data) = CopyOfModel(folder);
        using var writer = writerIsThere ? new FileStream(data, FileMode.Open, FileAccess.Write, FileShare.ReadWrite) : null;

        var result = Run("cuts-model", ["--model", model, "--cuts", data, "--out", folder.At("run")]);

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
    [Test]
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
}
