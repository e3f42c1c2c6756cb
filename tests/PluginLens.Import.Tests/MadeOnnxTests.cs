using PluginLens.Tests.Shared;

namespace PluginLens.Import.Tests;

/// <summary>Further architectures, opsets and exporters, against the checkpoints that they were made from.</summary>
public sealed class MadeOnnxTests
{
    [TestCase("gpt_neox-torch-opset14", "gpt_neox")]
    [TestCase("roberta-torch-opset11", "roberta")]
    [TestCase("qwen2-torch-opset11", "qwen2")]
    [TestCase("openai-gpt-torch-opset13", "openai-gpt")]
    [TestCase("bert-fused", "bert")]
    [TestCase("gpt2-opset21", "gpt2")]
    [TestCase("gpt2-functions", "gpt2")]
    public void Import_MadeFile_EqualsTheCheckpoint(string name, string checkpoint)
    {
        using var imported = new ImportedModel(Made(name));

        imported.AssertEqualsReference(checkpoint, 1e-4f);
        imported.AssertWeights(checkpoint);
    }

    [Test]
    public void Import_MistralWithPast_TakesItsWeights()
    {
        using var imported = new ImportedModel(Made("mistral-past-opset14"));

        // The export sees all tokens where the checkpoint sees seven: activations differ, weights do not.
        imported.AssertWeights("mistral");
        Assert.That(imported.Model.Config.KeyValueHeads, Is.EqualTo(1));
        Assert.That(imported.Model.Config.WindowSize, Is.Empty);
    }

    [Test]
    public void Import_WindowWiderThanTheProbe_IsReadFromItsMask()
    {
        using var imported = new ImportedModel(Made("gpt_neo-window20-opset13"));

        imported.AssertWeights("gpt_neo");
        Assert.That(imported.Model.Config.WindowSize, Is.EqualTo(new int?[] { null, 20, null, 20 }));
        Assert.That((imported.Model.Config.Architecture, imported.Model.Config.AttnScale), Is.EqualTo(("gpt_neo", 1.0)));
    }

    [Test]
    public void Import_QuantisedByColumn_IsNearTheCheckpoint()
    {
        using var imported = new ImportedModel(Made("bert-int8-per-column"));
        var reference = ImportedModel.Reference("bert", "weights");

        Assert.That(imported.Model.WeightNames, Is.EquivalentTo(reference.Names));
        foreach (var name in reference.Names)
        {
            // Half a step of 127 steps in each column.
            var (found, expected) = (imported.Model.Weight(name).Data.ToArray(), reference.Floats(name).Data.ToArray());
            var step = expected.Max(Math.Abs) / 127;
            Assert.That(found.Zip(expected).Max(p => Math.Abs(p.First - p.Second)), Is.LessThanOrEqualTo(0.51f * step), name);
        }
    }

    [Test]
    public void Import_ModelFolder_IsNotImportedAgain()
    {
        using var imported = new ImportedModel(Made("gpt2-opset21"));

        Assert.That(
            () => Importer.Import(imported.Report.Folder, imported.Report.Folder + "-again"),
            Throws.TypeOf<ModelException>().With.Message.Contains("model folder already"));
        Assert.That(
            () => Importer.Import(imported.Report.Folder, imported.Report.Folder, force: true),
            Throws.TypeOf<ModelException>().With.Message.Contains("holds the source itself"));
    }

    [Test]
    public void Import_Cancelled_LeavesNothing()
    {
        var parent = Directory.CreateTempSubdirectory("pluginlens-cancel-");
        try
        {
            using var cancelled = new CancellationTokenSource();
            cancelled.Cancel();
            Assert.That(
                () => Importer.Import(Made("gpt2-opset21"), Path.Combine(parent.FullName, "model"), cancellation: cancelled.Token),
                Throws.InstanceOf<OperationCanceledException>());
            Assert.That(parent.GetFileSystemInfos(), Is.Empty);
        }
        finally
        {
            parent.Delete(recursive: true);
        }
    }

    [Test]
    public void Import_Architecture_IsReadFromTheGraph()
    {
        using var imported = new ImportedModel(Made("gpt_neox-torch-opset14"));

        var config = imported.Model.Config;
        Assert.That(config.Architecture, Is.EqualTo("gpt_neox"));
        Assert.That((config.ParallelAttnMlp, config.RotaryDim, config.InvFreq[0], config.NCtx, config.Tied), Is.EqualTo((true, 2, 1.0, 48, false)));
    }

    private static string Made(string name) => Path.Combine(Repository.Root, "tests", "Golden", "made-onnx", $"{name}.onnx");
}
