using Microsoft.ML.Tokenizers;

namespace PluginLens.Standins.Tests.Tokenizers;

public class SentencePieceTokenizerTests
{
    private static readonly (string Token, float Score)[] Vocabulary =
        [("<unk>", 0), ("▁", -2), ("a", -3), ("b", -3), ("ab", -4), ("▁ab", -4.5f), ("ba", -3.5f), ("aba", -9)];

    [Test]
    public void EncodeToIds_Unigram_FindsTheBestSegmentation()
    {
        var tokenizer = SentencePieceTokenizer.Create(Vocabulary, 0, addBeginningOfSentence: false);

        Assert.That(tokenizer.EncodeToIds("ab"), Is.EqualTo(new[] { 5 }));
        Assert.That(tokenizer.EncodeToIds("ab", considerNormalization: false), Is.EqualTo(new[] { 4 }));
        Assert.That(tokenizer.EncodeToIds("aba", considerNormalization: false), Is.EqualTo(new[] { 2, 6 }), "a ba: -6.5");
        Assert.That(tokenizer.Decode([5, 1, 2]), Is.EqualTo("ab a"));
    }

    [Test]
    public void Segment_RandomModels_AgreesWithEverySegmentation()
    {
        var random = new Random(3);
        for (var round = 0; round < 300; round++)
        {
            var pieces = new Dictionary<string, int>();
            while (pieces.Count < 8)
                pieces.TryAdd(string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => "abc"[random.Next(3)])), pieces.Count);
            var scores = pieces.Values.Select(_ => -random.NextSingle() * 10).ToArray();
            var model = new UnigramModel(pieces, scores);
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 10)).Select(_ => "abcd"[random.Next(4)]));
            var unknown = scores.Min() - 10.0;
            var path = model.Segment(text);

            Assert.That(string.Concat(path.Select(piece => text.Substring(piece.Start, piece.Length))), Is.EqualTo(text));
            Assert.That(path.Sum(piece => piece.Id < 0 ? unknown : scores[piece.Id]), Is.EqualTo(Best(text, pieces, scores, unknown)).Within(1e-9));
        }
    }

    [Test]
    public void EncodeToIds_UnknownCharacters_BecomeOneTokenOrBytes()
    {
        var bytes = Enumerable.Range(0, 256).Select(b => (Token: $"<0x{b:X2}>", Score: -30f));
        var plain = SentencePieceTokenizer.Create(Vocabulary, 0, false, false, default, false, false);
        var fallback = SentencePieceTokenizer.Create(Vocabulary.Concat(bytes), 0, false, false, default, false, false, byteFallback: true);

        Assert.That(plain.EncodeToIds("xyaé"), Is.EqualTo(new[] { 0, 2, 0 }));
        Assert.That(plain.EncodeToTokens("xya", out _).Select(token => token.Offset), Is.EqualTo(new[] { 0..2, 2..3 }));
        Assert.That(fallback.EncodeToIds("é"), Is.EqualTo(new[] { 8 + 0xC3, 8 + 0xA9 }));
        Assert.That(fallback.Decode([8 + 0xC3, 8 + 0xA9]), Is.EqualTo("é"));
    }

    [Test]
    public void Create_ModelFile_MergesByScore()
    {
        var model = ModelBytes(2, ("<unk>", 0f, 2), ("<s>", 0f, 3), ("</s>", 0f, 3), ("▁", -9f, 1), ("a", -9f, 1), ("b", -9f, 1), ("ab", -2f, 1), ("▁a", -1f, 1), ("[x]", 0f, 4));
        var tokenizer = SentencePieceTokenizer.Create(new MemoryStream(model), addBeginningOfSentence: true, addEndOfSentence: true);

        Assert.That(tokenizer.EncodeToIds("ab ab"), Is.EqualTo(new[] { 1, 7, 5, 7, 5, 2 }));
        Assert.That(tokenizer.EncodeToIds("ab[x]ab", considerNormalization: false), Is.EqualTo(new[] { 1, 6, 8, 6, 2 }));
        Assert.That(tokenizer.EncodeToIds("a<s>", considerNormalization: false), Is.EqualTo(new[] { 1, 4, 0, 2 }), "control pieces are not text");
        Assert.That(tokenizer.Decode([1, 7, 5, 7, 5, 2]), Is.EqualTo("ab ab"));
    }

    [Test]
    public void Create_TruncatedModelFile_Throws()
    {
        var model = ModelBytes(2, ("<unk>", 0f, 2), ("a", -1f, 1));

        for (var length = 1; length < model.Length - 2; length++)
        {
            try
            {
                SentencePieceTokenizer.Create(new MemoryStream(model[..length]));
            }
            catch (InvalidDataException)
            {
                continue;
            }

            Assert.That(length, Is.EqualTo(16).Or.EqualTo(28), "only where a field ends may the file end");
        }
    }

    private static double Best(string text, Dictionary<string, int> pieces, float[] scores, double unknown)
    {
        if (text.Length == 0)
            return 0;
        var best = pieces.ContainsKey(text[..1]) ? double.NegativeInfinity : unknown + Best(text[1..], pieces, scores, unknown);
        foreach (var (piece, id) in pieces)
        {
            if (text.StartsWith(piece, StringComparison.Ordinal))
                best = Math.Max(best, scores[id] + Best(text[piece.Length..], pieces, scores, unknown));
        }

        return best;
    }

    private static byte[] ModelBytes(byte type, params (string Text, float Score, byte Type)[] pieces)
    {
        var bytes = new List<byte>();
        foreach (var piece in pieces)
        {
            var text = System.Text.Encoding.UTF8.GetBytes(piece.Text);
            byte[] message = [0x0A, (byte)text.Length, .. text, 0x15, .. BitConverter.GetBytes(piece.Score), 0x18, piece.Type];
            bytes.AddRange([0x0A, (byte)message.Length, .. message]);
        }

        return [.. bytes, 0x12, 2, 0x18, type];
    }
}
