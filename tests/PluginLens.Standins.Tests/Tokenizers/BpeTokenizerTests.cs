using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;

namespace PluginLens.Standins.Tests.Tokenizers;

public class BpeTokenizerTests
{
    private static readonly Dictionary<string, int> Letters = new() { ["l"] = 0, ["o"] = 1, ["w"] = 2, ["lo"] = 3, ["low"] = 4, ["?"] = 5, ["🙂"] = 6 };

    [Test]
    public void EncodeToIds_KnownWord_MergesInOrder()
    {
        var tokenizer = BpeTokenizer.Create(new BpeOptions(Letters) { Merges = ["l o", "lo w"] });

        Assert.That(tokenizer.EncodeToIds("lowlo🙂"), Is.EqualTo(new[] { 4, 3, 6 }));
        Assert.That(tokenizer.CountTokens("lowlo"), Is.EqualTo(2));
        Assert.That(tokenizer.Decode([4, 3, 6]), Is.EqualTo("lowlo🙂"));
    }

    [Test]
    public void EncodeToIds_UnknownCharacters_AreDroppedNamedOrFused()
    {
        int[] Encode(string? unknown, bool fuse) =>
            [.. BpeTokenizer.Create(new BpeOptions(Letters) { Merges = ["l o"], UnknownToken = unknown, FuseUnknownTokens = fuse }).EncodeToIds("lxyo")];

        Assert.That(Encode(null, false), Is.EqualTo(new[] { 3 }));
        Assert.That(Encode("?", false), Is.EqualTo(new[] { 0, 5, 5, 1 }));
        Assert.That(Encode("?", true), Is.EqualTo(new[] { 0, 5, 1 }));
    }

    [Test]
    public void EncodeToIds_WordMarks_BelongToFirstAndLastCharacter()
    {
        var suffixed = BpeTokenizer.Create(new BpeOptions(new Dictionary<string, int> { ["a"] = 0, ["b</w>"] = 1, ["ab</w>"] = 2, ["b"] = 3 })
        {
            Merges = ["a b</w>"],
            EndOfWordSuffix = "</w>",
        });
        var prefixed = BpeTokenizer.Create(new BpeOptions(new Dictionary<string, int> { ["a"] = 0, ["##b"] = 1, ["ab"] = 2 })
        {
            Merges = ["a ##b"],
            ContinuingSubwordPrefix = "##",
        });

        Assert.That(suffixed.EncodeToIds("ab"), Is.EqualTo(new[] { 2 }));
        Assert.That(suffixed.EncodeToIds("bab"), Is.EqualTo(new[] { 3, 2 }));
        Assert.That(prefixed.EncodeToIds("ab"), Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public void EncodeToTokens_ByteLevel_OffsetsCountCharacters()
    {
        var tokenizer = Bytes(null);
        var tokens = tokenizer.EncodeToTokens("aé🙂b", out var normalized);

        Assert.That(normalized, Is.Null);
        Assert.That(tokens, Has.Count.EqualTo(8));
        Assert.That(tokens[0].Offset, Is.EqualTo(0..1));
        Assert.That(tokens[^1].Offset, Is.EqualTo(4..5));
        Assert.That(tokens[^1].Value, Is.EqualTo("b"));
        Assert.That(tokenizer.Decode(tokens.Select(token => token.Id)), Is.EqualTo("aé🙂b"));
    }

    [Test]
    public void EncodeToIds_PreTokenizerAndSpecialTokens_KeepPiecesApart()
    {
        var tokenizer = Bytes(new WordSplit());

        Assert.That(tokenizer.EncodeToIds("<end>aa"), Is.EqualTo(new[] { 300, 256 }));
        Assert.That(tokenizer.EncodeToIds("a,a"), Has.Count.EqualTo(3));
        Assert.That(tokenizer.EncodeToIds("<end>", considerPreTokenization: false), Is.EqualTo(new[] { 300 }));
        Assert.That(tokenizer.Decode([300, 256]), Is.EqualTo("<end>aa"));
    }

    [TestCase("a")]
    [TestCase("l w")]
    [TestCase("x o")]
    [TestCase("l ")]
    public void Create_MergeThatTheVocabularyLacks_Throws(string merge) =>
        Assert.That(() => BpeTokenizer.Create(new BpeOptions(Letters) { Merges = [merge] }), Throws.InvalidOperationException);

    [Test]
    public void Decode_UnknownId_Throws() =>
        Assert.That(() => BpeTokenizer.Create(new BpeOptions(Letters)).Decode([99]), Throws.InvalidOperationException);

    [Test]
    public void Decode_SmallBuffer_SaysSo()
    {
        var tokenizer = BpeTokenizer.Create(new BpeOptions(Letters));

        Assert.That(tokenizer.Decode([0, 1], new char[1], out _, out _), Is.EqualTo(System.Buffers.OperationStatus.DestinationTooSmall));
    }

    private static BpeTokenizer Bytes(PreTokenizer? preTokenizer)
    {
        var vocabulary = Enumerable.Range(0, 256).ToDictionary(b => ByteAlphabet.Character((byte)b).ToString(), b => b);
        vocabulary["aa"] = 256;
        return BpeTokenizer.Create(new BpeOptions(vocabulary)
        {
            Merges = ["a a"],
            ByteLevel = true,
            PreTokenizer = preTokenizer,
            SpecialTokens = new Dictionary<string, int> { ["<end>"] = 300 },
        });
    }

    private sealed class WordSplit : PreTokenizer
    {
        public override IEnumerable<(int Offset, int Length)> PreTokenize(string text) =>
            Regex.Matches(text, "<end>|[a-z]+|.").Select(match => (match.Index, match.Length));

        public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => PreTokenize(text.ToString());
    }
}
