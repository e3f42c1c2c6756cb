using System.Text;
using Microsoft.ML.Tokenizers;

namespace PluginLens.Standins.Tests.Tokenizers;

public class WordPieceTokenizerTests
{
    private static readonly WordPieceTokenizer Tokenizer =
        WordPieceTokenizer.Create(new MemoryStream("[UNK]\nun\n##aff\n##able\n##a\nable\nunaff"u8.ToArray()));

    [TestCase("unaffable", new[] { 6, 3 })]
    [TestCase("able un", new[] { 5, 1 })]
    [TestCase("unx", new[] { 0 })]
    [TestCase("aff", new[] { 0 })]
    [TestCase("", new int[0])]
    public void EncodeToIds_TakesTheLongestPieceOrNone(string text, int[] ids) => Assert.That(Tokenizer.EncodeToIds(text), Is.EqualTo(ids));

    [Test]
    public void EncodeToIds_WordOverTheLimit_IsUnknown() => Assert.That(Tokenizer.EncodeToIds("un" + new string('a', 99)), Is.EqualTo(new[] { 0 }));

    [Test]
    public void EncodeToTokens_OffsetsCoverTheWords()
    {
        var tokens = Tokenizer.EncodeToTokens("unx unaffable", out _);

        Assert.That(tokens.Select(token => token.Value), Is.EqualTo(new[] { "[UNK]", "unaff", "##able" }));
        Assert.That(tokens.Select(token => token.Offset), Is.EqualTo(new[] { 0..3, 4..9, 9..13 }));
    }

    [Test]
    public void Decode_JoinsContinuations() => Assert.That(Tokenizer.Decode([6, 3, 1]), Is.EqualTo("unaffable un"));

    [Test]
    public void Create_WithoutUnknownToken_Throws() =>
        Assert.That(() => WordPieceTokenizer.Create(new MemoryStream(Encoding.UTF8.GetBytes("a\nb"))), Throws.ArgumentException);
}
