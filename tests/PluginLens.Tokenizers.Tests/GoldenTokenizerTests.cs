namespace PluginLens.Tokenizers.Tests;

public class GoldenTokenizerTests
{
    [TestCase("gpt2", "byte-level-bpe", 512)]
    [TestCase("roberta", "byte-level-bpe", 519)]
    [TestCase("opt", "byte-level-bpe", 516)]
    [TestCase("gpt_neox", "byte-level-bpe", 520)]
    [TestCase("llama3", "byte-level-bpe", 527)]
    [TestCase("qwen2", "byte-level-bpe", 525)]
    [TestCase("phi3", "byte-level-bpe", 541)]
    [TestCase("bert", "wordpiece", 523)]
    [TestCase("openai-gpt", "bpe", 520)]
    [TestCase("t5", "unigram", 510)]
    [TestCase("llama", "sentencepiece-bpe", 530)]
    [TestCase("gemma2", "sentencepiece-bpe", 533)]
    public void Load_PublishedFiles_AgreesWithThePublisher(string folder, string kind, int count)
    {
        var tokenizer = TokenizerFiles.Load(Path.Combine(GoldenTokenizers.Root, folder));

        Assert.That(tokenizer.Kind, Is.EqualTo(kind));
        Assert.That(tokenizer.Count, Is.EqualTo(count));
        AssertAgrees(tokenizer, GoldenTokenizers.Lines(folder));
    }

    [TestCase("gpt2", "vocab.json", "merges.txt", "tokenizer_config.json")]
    [TestCase("gpt2", "vocab.json", "merges.txt")]
    [TestCase("roberta", "vocab.json", "merges.txt", "tokenizer_config.json")]
    [TestCase("qwen2", "vocab.json", "merges.txt", "tokenizer_config.json")]
    [TestCase("openai-gpt", "vocab.json", "merges.txt", "tokenizer_config.json")]
    [TestCase("openai-gpt", "vocab.json", "merges.txt")]
    [TestCase("bert", "vocab.txt", "tokenizer_config.json")]
    [TestCase("bert", "vocab.txt")]
    [TestCase("llama", "tokenizer.model", "tokenizer_config.json")]
    [TestCase("llama", "tokenizer.model")]
    [TestCase("gemma2", "tokenizer.model", "tokenizer_config.json")]
    [TestCase("t5", "spiece.model", "tokenizer_config.json")]
    public void Load_OlderLayout_AgreesWithThePublisher(string folder, params string[] files)
    {
        using var copy = new TokenizerCopy(folder, files);

        AssertAgrees(TokenizerFiles.Load(copy.Folder), GoldenTokenizers.Lines(folder));
    }

    [TestCase("tokenizer.json", "tokenizer_config.json")]
    [TestCase("tokenizer.model", "tokenizer_config.json")]
    public void Encode_LeadingSpacesOfLlama_KeepTheDummyPrefix(params string[] files)
    {
        using var copy = new TokenizerCopy("llama", files);

        AssertAgrees(TokenizerFiles.Load(copy.Folder), GoldenTokenizers.Lines("llama", "extra_v4_shared.jsonl"));
    }

    private static void AssertAgrees(FileTokenizer tokenizer, IEnumerable<GoldenTokenizers.Line> lines)
    {
        var read = 0;
        Assert.Multiple(() =>
        {
            foreach (var line in lines)
            {
                read++;
                var ids = tokenizer.Encode(line.Text);
                Assert.That(ids, Is.EqualTo(line.Ids), $"ids of line {read}, '{line.Text}'");
                Assert.That(tokenizer.Encode(line.Text, addSpecial: true), Is.EqualTo(line.IdsWithSpecial), $"special ids of line {read}, '{line.Text}'");
                Assert.That(line.Ids.Select(tokenizer.Piece), Is.EqualTo(line.Tokens), $"tokens of line {read}");
                Assert.That(tokenizer.Decode(line.Ids), Is.EqualTo(line.Decoded), $"decoded line {read}");
            }
        });
        Assert.That(read, Is.Positive);
    }
}
