using System.Text.Json.Nodes;

namespace PluginLens.Import.Tests.Gguf;

/// <summary>Tokenizers of a file give the ids of the published ones; where the file has lost something, those of llama.cpp.</summary>
public sealed class GgufTokenizerTests
{
    [TestCase("llama", "llama-Q4_0", "sentencepiece-bpe", 1)]
    [TestCase("llama3", "llama3-f16", "byte-level-bpe", 516)]
    [TestCase("gpt2", "gpt2-Q4_1", "byte-level-bpe", null)]
    [TestCase("qwen2", "qwen2-Q8_0", "byte-level-bpe", null)]
    [TestCase("gemma", "gemma-f16", "sentencepiece-bpe", 2)]
    [TestCase("bert", "bert-f16", "wordpiece", 21)]
    [TestCase("gpt_neox", "gpt_neox-Q8_0", "byte-level-bpe", null)]
    [TestCase("bloom", "bloom-f16", "byte-level-bpe", null)]
    [TestCase("falcon", "falcon-Q8_0", "byte-level-bpe", null)]
    [TestCase("starcoder2", "starcoder2-f16", "byte-level-bpe", null)]
    [TestCase("cohere", "cohere-f16", "byte-level-bpe", null)]
    public void Encode_GivesThePublishedIds(string tokens, string model, string kind, int? first)
    {
        using var imported = new ImportedModel(GoldenGguf.Model(model));
        var tokenizer = imported.Model.Tokenizer!;

        foreach (var line in File.ReadLines(Path.Combine(GoldenGguf.Folder, "tokens", $"{tokens}.jsonl")))
        {
            var entry = JsonNode.Parse(line)!;
            var (text, ids) = (entry["text"]!.GetValue<string>(), entry["ids"]!.AsArray().Select(id => id!.GetValue<int>()));
            Assert.That(tokenizer.Encode(text), Is.EqualTo(ids), text);
        }

        Assert.That(imported.Model.Config.Metadata["tokenizer_kind"], Is.EqualTo(kind));
        var plain = tokenizer.Encode("a");
        Assert.That(tokenizer.Encode("a", addSpecial: true)[..(first is null ? plain.Length : 1)], Is.EqualTo(first is { } bos ? [bos] : plain));
    }

    [TestCase("qwen2-Q8_0", 544, 525)]
    [TestCase("gpt_neox-Q8_0", 544, 520)]
    public void Import_PaddedVocabulary_LeavesThePaddingOut(string model, int rows, int tokens)
    {
        using var imported = new ImportedModel(GoldenGguf.Model(model));

        Assert.That((imported.Model.Config.DVocab, imported.Model.Tokenizer!.Count), Is.EqualTo((rows, tokens)));
    }

    [Test]
    public void Encode_UnknownWayOfCutting_IsRefusedByNameButTokensAreShown()
    {
        var folder = GoldenGguf.Unpack("hostile.zip");
        using (var imported = new ImportedModel(Path.Combine(folder.FullName, "pre-unknown.gguf")))
        {
            var tokenizer = imported.Model.Tokenizer!;

            Assert.That(tokenizer.Text(36), Is.EqualTo(" the"));
            Assert.That(() => tokenizer.Encode("the"), Throws.TypeOf<ModelException>().With.Message.Contains("'no-such-pre'").And.Message.Contains("--ids"));
            Assert.That(imported.Report.Notes, Has.Some.Contains("no-such-pre"));
        }

        folder.Delete(recursive: true);
    }
}
