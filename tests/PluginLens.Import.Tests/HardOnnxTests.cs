namespace PluginLens.Import.Tests;

/// <summary>ONNX files of the wild: imported whole, or refused in one line that names the cause; nothing is left behind.</summary>
public sealed class HardOnnxTests
{
    private static readonly string[] Imported =
    [
        "anonymous-gpt2", "external-one-file", "float-data-bert", "fp16-gpt2", "fp16-mixed-types", "hidden-states-bert", "last-position-only",
        "int8-dynamic-gpt2", "matmul4bits-gpt2", "ort-basic-gpt2", "ort-extended-bert", "tied-stored-twice",
    ];

    [TestCase("anonymous-gpt2", "gpt2")]
    [TestCase("external-one-file", "gpt2")]
    [TestCase("last-position-only", "gpt2")]
    [TestCase("ort-basic-gpt2", "gpt2")]
    [TestCase("tied-stored-twice", "gpt2")]
    [TestCase("float-data-bert", "bert")]
    [TestCase("hidden-states-bert", "bert")]
    [TestCase("ort-extended-bert", "bert")]
    public void Import_UnusualForm_EqualsTheCheckpoint(string name, string checkpoint)
    {
        using var imported = new ImportedModel(ImportedModel.Hard(name));

        imported.AssertEqualsReference(checkpoint, 2e-5f);
        imported.AssertBits(checkpoint);
    }

    [TestCase("fp16-gpt2")]
    [TestCase("fp16-mixed-types")]
    public void Import_HalfPrecision_WidensExactly(string name)
    {
        using var imported = new ImportedModel(ImportedModel.Hard(name));
        var expected = NumpyFile.Floats(Path.Combine(ImportedModel.Hard("fp16-gpt2"), "widened_logits.npy"));

        var found = imported.Logits("gpt2").Data.ToArray();

        Assert.That(found.Zip(expected).Max(p => Math.Abs(p.First - p.Second)), Is.LessThan(1e-4f));
    }

    [TestCase("int8-dynamic-gpt2")]
    [TestCase("matmul4bits-gpt2")]
    public void Import_Quantised_TakesTheDequantisedWeights(string name)
    {
        using var imported = new ImportedModel(ImportedModel.Hard(name));
        var expected = NumpyFile.Floats(Path.Combine(ImportedModel.Hard(name), "dequantised_logits.npy"));

        var found = imported.Logits("gpt2").Data.ToArray();

        Assert.That(found.Zip(expected).Max(p => Math.Abs(p.First - p.Second)), Is.LessThan(1e-4f));
        Assert.That(imported.Report.Notes, Has.Some.Contains("quantised"));
    }

    [TestCase("cnn", "not a transformer", "no token input", "Conv")]
    [TestCase("cycle", "cycle", "/bert/encoder/layer.0/attention/output/Add", "layer.1")]
    [TestCase("external-absolute-path", "cls.predictions.transform.LayerNorm.bias", "absolute path \"/etc/passwd\"")]
    [TestCase("external-missing", "model.onnx_data", "is missing")]
    [TestCase("external-parent-path", "\"../model.data\"", "lies outside the model's folder")]
    [TestCase("external-truncated", "model.onnx_data", "ends at byte 112192", "transformer.h.0.mlp.c_proj.weight")]
    [TestCase("lfs-pointer", "Git LFS pointer", "not downloaded")]
    [TestCase("nan-weight", "transformer.h.1.mlp.c_fc.weight[5, 17] is NaN")]
    [TestCase("raw-data-short", "bert.encoder.layer.1.output.dense.bias", "124 bytes of data for shape [32] float32 (128)")]
    [TestCase("truncated-protobuf", "ends inside a message", "162819")]
    public void Import_BrokenOrForeign_IsRefusedByItsCause(string name, params string[] quoted) => Refusal.AssertNames(ImportedModel.Hard(name), quoted);

    [Test]
    public void Import_EveryFolder_DoesWhatItsLineSays()
    {
        foreach (var folder in Directory.GetDirectories(ImportedModel.Hard(".")))
        {
            var (name, expect) = (Path.GetFileName(folder), File.ReadAllText(Path.Combine(folder, "EXPECT.txt")));
            var allowed = Imported.Contains(name) ? "import" : "refuse";
            Assert.That(expect[..expect.IndexOf(':', StringComparison.Ordinal)], Does.Contain(allowed), name);
        }
    }

    [TestCase("model", "data", false)]
    [TestCase("snapshots/0123456789012345678901234567890123456789", "blobs/data", true)]
    [TestCase("snapshots/0123456789012345678901234567890123456789/onnx", "blobs/data", true)]
    [TestCase("snapshots/0123456789012345678901234567890123456789", "data", false)]
    [TestCase("snapshots/0123456789012345678901234567890123456789", "snapshots/data", false)]
    [TestCase("snapshots/model", "blobs/data", false)]
    [TestCase("others/0123456789012345678901234567890123456789", "blobs/data", false)]
    public void Import_LinkOutOfTheFolder_IsRefused_ButToTheContentsOfACache(string model, string data, bool isRead)
    {
        var folder = Directory.CreateTempSubdirectory("pluginlens-source-");
        try
        {
            var inner = folder.CreateSubdirectory(model);
            var target = new FileInfo(Path.Combine(folder.FullName, data));
            target.Directory!.Create();
            File.Copy(Path.Combine(ImportedModel.Hard("external-one-file"), "model.onnx"), Path.Combine(inner.FullName, "model.onnx"));
            File.Copy(Path.Combine(ImportedModel.Hard("external-one-file"), "model.onnx_data"), target.FullName);
            File.CreateSymbolicLink(Path.Combine(inner.FullName, "model.onnx_data"), Path.GetRelativePath(inner.FullName, target.FullName));

            if (isRead)
            {
                using var imported = new ImportedModel(inner.FullName);
                Assert.That(imported.Report.Check!.LargestDifference, Is.LessThan(2e-5));
            }
            else
            {
                Refusal.AssertNames(inner.FullName, "\"model.onnx_data\"", "lies outside the model's folder");
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
