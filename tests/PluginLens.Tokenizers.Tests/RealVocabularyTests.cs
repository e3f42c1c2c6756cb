namespace PluginLens.Tokenizers.Tests;

public class RealVocabularyTests
{
    private const string Separator = "\n__ggml_vocab_test__\n";

    [TestCase("real-gpt2")]
    [TestCase("real-bert")]
    public void Encode_RealVocabulary_AgreesWithLlamaCpp(string folder) =>
        AssertAgrees(TokenizerFiles.Load(Path.Combine(GoldenTokenizers.Root, folder)), folder);

    [Test]
    public void Encode_RealGpt2_AgreesWithGgml()
    {
        var tokenizer = TokenizerFiles.Load(Path.Combine(GoldenTokenizers.Root, "real-gpt2"));
        var lines = File.ReadAllLines(Path.Combine(GoldenTokenizers.Root, "real-gpt2", "prompts.txt"));

        Assert.That(lines, Has.Length.EqualTo(100));
        Assert.Multiple(() =>
        {
            foreach (var line in lines)
            {
                var arrow = line.LastIndexOf(" => ", StringComparison.Ordinal);
                var ids = line[(arrow + 4)..].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse);
                Assert.That(tokenizer.Encode(line[..arrow]), Is.EqualTo(ids), line);
            }
        });
    }

    [Test]
    public void Load_RealGpt2_KnowsTheEndOfText()
    {
        var tokenizer = TokenizerFiles.Load(Path.Combine(GoldenTokenizers.Root, "real-gpt2"));

        Assert.That(tokenizer.Count, Is.EqualTo(50257));
        Assert.That(tokenizer.Encode("a<|endoftext|>"), Is.EqualTo(new[] { 64, 50256 }));
        Assert.That(tokenizer.IsSpecial(50256), Is.True);
        Assert.That(tokenizer.Piece(50257), Is.Null);
        Assert.That(tokenizer.Text(262), Is.EqualTo(" the"));
    }

    private static void AssertAgrees(FileTokenizer tokenizer, string folder)
    {
        var answers = File.ReadAllLines(Path.Combine(GoldenTokenizers.Root, folder, "texts.out"));
        var texts = File.ReadAllText(Path.Combine(GoldenTokenizers.Root, folder, "texts.inp")).Split(Separator);

        Assert.That(texts, Has.Length.AtLeast(answers.Length));
        Assert.Multiple(() =>
        {
            for (var i = 0; i < answers.Length; i++)
            {
                var ids = answers[i].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse);
                Assert.That(tokenizer.Encode(texts[i]), Is.EqualTo(ids), $"text {i}, '{texts[i]}'");
            }
        });
    }
}
