using System.Text.Json;
using PluginLens.Models;
using PluginLens.Models.Format;
using PluginLens.Tests.Shared;

namespace PluginLens.Import.Tests;

/// <summary>ONNX files as the usual exporters write them, against the checkpoints that they were made from.</summary>
public sealed class PlainOnnxTests
{
    [TestCase("optimum-gpt2", "gpt2")]
    [TestCase("optimum-past-gpt2", "gpt2")]
    [TestCase("torch-gpt2", "gpt2")]
    [TestCase("torch-dynamo-gpt2", "gpt2")]
    [TestCase("optimum-bert", "bert")]
    [TestCase("torch-llama", "llama")]
    public void Import_PlainFile_EqualsTheCheckpoint(string name, string checkpoint)
    {
        using var imported = new ImportedModel(ImportedModel.Plain(name));

        Assert.That(imported.Report.Check!.LargestDifference, Is.LessThan(1e-4));
        imported.AssertEqualsReference(checkpoint, 1e-4f);
        imported.AssertWeights(checkpoint);
        AssertMetadata(imported.Model, checkpoint);
    }

    [Test]
    public void Import_TokenizerAndConfigBesideTheFile_AreTaken()
    {
        var folder = Directory.CreateTempSubdirectory("pluginlens-source-");
        try
        {
            foreach (var file in new[] { "config.json", "tokenizer.json", "tokenizer_config.json", "tokenizer.model" })
            {
                File.Copy(Path.Combine(Repository.Checkpoints, "llama", file), Path.Combine(folder.FullName, file));
            }

            File.Copy(Path.Combine(ImportedModel.Plain("torch-llama"), "model.onnx"), Path.Combine(folder.FullName, "llama.onnx"));
            using var imported = new ImportedModel(folder.FullName);

            Assert.That(imported.Report.Notes, Is.Empty);
            Assert.That(imported.Model.Config.NCtx, Is.EqualTo(64));
            Assert.That(imported.Model.Tokenizer, Is.Not.Null);
            Assert.That(imported.Model.Config.Metadata["tokenizer_kind"], Is.EqualTo("sentencepiece-bpe"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public void Import_TokenizerOfAClassThatIsNotKnown_LeavesWeightsAndStrings()
    {
        var folder = Directory.CreateTempSubdirectory("pluginlens-source-");
        try
        {
            foreach (var file in new[] { "vocab.txt", "tokenizer_config.json" })
            {
                File.Copy(Path.Combine(Repository.Root, "tests", "Golden", "bugs", "tok-japanese-mecab", file), Path.Combine(folder.FullName, file));
            }

            foreach (var file in Directory.EnumerateFiles(ImportedModel.Plain("optimum-bert")).Where(file => Path.GetExtension(file) is ".onnx" or ".data"))
            {
                File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
            }

            using var imported = new ImportedModel(folder.FullName);

            Assert.That(imported.Report.Notes, Has.Some.Contains("'BertJapaneseTokenizer'"));
            Assert.That(imported.Model.Tokenizer!.Piece(20), Is.EqualTo("[UNK]"));
            Assert.That(() => imported.Model.Tokenizer.Encode("a"), Throws.TypeOf<UsageException>());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public void Import_WrittenFolder_IsSealed()
    {
        using var imported = new ImportedModel(ImportedModel.Plain("torch-gpt2"));
        var file = Path.Combine(imported.Report.Folder, "model.onnx");
        var bytes = File.ReadAllBytes(file);
        var name = bytes.AsSpan().IndexOf("blocks.1.hook_resid_pre"u8);
        bytes[name + 7] = (byte)'2';
        var changed = Path.Combine(imported.Report.Folder, "..", "changed");
        Directory.CreateDirectory(changed);
        File.WriteAllBytes(Path.Combine(changed, "model.onnx"), bytes);
        File.Copy(file + ".data", Path.Combine(changed, "model.onnx.data"));

        Assert.That(imported.Model.Config.Metadata, Contains.Key("seal"));
        Assert.That(() => ModelFolder.Open(changed, new OpenOptions()), Throws.TypeOf<ModelException>().With.Message.Contains("seal"));
    }

    [Test]
    public void Import_DestinationExists_IsRefusedWithoutForce()
    {
        using var imported = new ImportedModel(ImportedModel.Plain("torch-gpt2"));

        Assert.That(
            () => Importer.Import(ImportedModel.Plain("torch-gpt2"), imported.Report.Folder),
            Throws.TypeOf<ModelException>().With.Message.Contains("--force"));
    }

    private static void AssertMetadata(OnnxModel model, string checkpoint)
    {
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Checkpoints, checkpoint, "reference", "model.json")));
        foreach (var entry in expected.RootElement.EnumerateObject())
        {
            // Without config.json beside it a rotary graph does not say how long its context is.
            if (entry.Name != "n_ctx" || model.Config.Positions == "learned")
            {
                var written = model.Config.Metadata.GetValueOrDefault(entry.Name);
                var found = entry.Value.ValueKind == JsonValueKind.String ? JsonSerializer.SerializeToElement(written) : JsonDocument.Parse(written ?? "null").RootElement;
                Assert.That(JsonElement.DeepEquals(found, entry.Value), Is.True, $"{entry.Name}: {written} instead of {entry.Value}");
            }
        }
    }
}
