using PluginLens.Tokenizers;
using static PluginLens.Tokenizers.SentencePieceType;

namespace PluginLens.Tokenizers.Tests;

/// <summary>Faults that versions of the tokenizer package have: none comes through, whichever version is used.</summary>
public class PackageFaultTests
{
    private const string Abc = """{"model":{"type":"WordPiece","vocab":{"[UNK]":0,"a":1,"##a":2},"unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":LIMIT}}""";

    /// <summary>The package lays words out on the stack: a limit from a hostile file would end the process.</summary>
    [TestCase("2147483647")]
    [TestCase("1000000000")]
    [TestCase("100000")]
    public void Encode_WordPieceWithAHugeLimit_LeavesTheProcessAlive(string limit)
    {
        int[][] found = [];
        var tokenizer = FromJson(Abc.Replace("LIMIT", limit, StringComparison.Ordinal));
        var thread = new Thread(
            () =>
            {
                found = [tokenizer.Encode("aaa"), tokenizer.Encode(new string('a', 10_000)), tokenizer.Encode(new string('a', 3_000_000))];
            },
            maxStackSize: 512 << 10);
        thread.Start();
        thread.Join();

        Assert.That(found[0], Is.EqualTo(new[] { 1, 2, 2 }));
        Assert.That(found[1], Has.Length.EqualTo(10_000).And.ItemAt(9_999).EqualTo(2));
        Assert.That(found[2], Has.Length.EqualTo(limit == "100000" ? 1 : 3_000_000));
    }

    [TestCase("3", "aaa", new[] { 1, 2, 2 })]
    [TestCase("3", "aaaa", new[] { 0 })]
    [TestCase("0", "a", new[] { 0 })]
    [TestCase("-1", "a", new[] { 0 })]
    [TestCase("2", "🙂🙂", new[] { 0 })]
    public void Encode_WordPiece_KeepsTheLimitOfItsFile(string limit, string text, int[] expected) =>
        Assert.That(FromJson(Abc.Replace("LIMIT", limit, StringComparison.Ordinal)).Encode(text), Is.EqualTo(expected));

    [Test]
    public void Encode_WordPieceLimit_CountsCodePoints()
    {
        var tokenizer = FromJson("""{"model":{"type":"WordPiece","vocab":{"[UNK]":0,"🙂":1,"##🙂":2},"unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":2}}""");

        Assert.That(tokenizer.Encode("🙂🙂"), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(tokenizer.Encode("🙂🙂🙂"), Is.EqualTo(new[] { 0 }));
    }

    [Test]
    public void Encode_UnigramWithoutABeginningMark_Works([Values(-1, 1)] int bos)
    {
        var tokenizer = new PlantedSentencePiece { IsUnigram = true, BosId = bos }.Add("<s>", 0, Control).Add("a", -1).Add("b", -2).Add("ab", -4).Load();

        Assert.That(tokenizer.Encode("abab"), Is.EqualTo(new[] { 2, 3, 2, 3 }), "-3 is better than -4");
        Assert.That(tokenizer.BosId, Is.EqualTo(bos < 0 ? null : (int?)bos));
    }

    [Test]
    public void Encode_UnknownCharacters_AreOneTokenTogether([Values] bool unigram)
    {
        var tokenizer = new PlantedSentencePiece { IsUnigram = unigram }.Add("a", -1).Add("b", -1).Load();

        Assert.That(tokenizer.Encode("a中文🙂b中"), Is.EqualTo(new[] { 1, 0, 2, 0 }));
    }

    [Test]
    public void Encode_UnknownCharactersOfAUnigramJson_AreOneTokenTogether()
    {
        var tokenizer = FromJson("""{"model":{"type":"Unigram","vocab":[["<unk>",0],["a",-1],["ab",-1.5],["b",-1]],"unk_id":0}}""");

        Assert.That(tokenizer.Encode("ab中文a"), Is.EqualTo(new[] { 2, 0, 1 }));
    }

    [Test]
    public void Encode_ByteFallback_SpellsWhatHasAllItsBytes([Values] bool unigram)
    {
        var planted = new PlantedSentencePiece { IsUnigram = unigram, ByteFallback = true }.Add("a", -1);
        foreach (var b in "é中"u8.ToArray()[..4])
        {
            planted.Add($"<0x{b:X2}>", 0, SentencePieceType.Byte);
        }

        Assert.That(planted.Load().Encode("aé中"), Is.EqualTo(new[] { 1, 2, 3, 0 }), "中 lacks its last byte");
    }

    /// <summary>The package takes the right one of two pairs with one score.</summary>
    [TestCase("abc", "bc ab", new[] { 5, 3 })]
    [TestCase("abc", "ab bc", new[] { 4, 3 })]
    [TestCase("abcabc", "bc ab", new[] { 5, 3, 5, 3 })]
    [TestCase("aaaaa", "aa", new[] { 4, 4, 1 })]
    public void Encode_MergesOfOneScore_TakeTheLeftPair(string text, string pieces, int[] expected)
    {
        var planted = new PlantedSentencePiece().Add("a", 0).Add("b", 0).Add("c", 0);
        foreach (var piece in pieces.Split(' '))
        {
            planted.Add(piece, -1);
        }

        Assert.That(planted.Load().Encode(text), Is.EqualTo(expected));
    }

    [Test]
    public void Encode_MergesOfOneScore_DoNotAskForTheLowerIds()
    {
        // The letters the other way round: the pair of lower ids is the right one.
        var tokenizer = new PlantedSentencePiece().Add("c", 0).Add("b", 0).Add("a", 0).Add("ab", -1).Add("bc", -1).Load();

        Assert.That(tokenizer.Encode("abc"), Is.EqualTo(new[] { 4, 1 }));
    }

    [Test]
    public void Encode_MergesByScore_TakeTheBestFirst()
    {
        var tokenizer = new PlantedSentencePiece().Add("a", 0).Add("b", 0).Add("c", 0).Add("ab", -2).Add("bc", -1).Add("abc", -3).Load();

        Assert.That(tokenizer.Encode("abc"), Is.EqualTo(new[] { 6 }), "a + bc");
        Assert.That(tokenizer.Encode("abb"), Is.EqualTo(new[] { 4, 2 }));
    }

    [Test]
    public void Encode_UserDefinedSymbol_IsNeverCut([Values] bool unigram)
    {
        var tokenizer = new PlantedSentencePiece { IsUnigram = unigram }
            .Add("a", -1).Add("<", -1).Add("x", -1).Add(">", -1).Add("a<", -0.5f).Add(">a", -0.5f).Add("<x>", -9, UserDefined).Load();

        Assert.That(tokenizer.Encode("a<x>a"), Is.EqualTo(new[] { 1, 7, 1 }));
    }

    [Test]
    public void Encode_RunsOfSpaces_AreTheLongestSymbols([Values] bool unigram)
    {
        var tokenizer = new PlantedSentencePiece { IsUnigram = unigram }
            .Add("▁", -1).Add("a", -1).Add("▁a", -0.1f).Add("▁▁", 0, UserDefined).Add("▁▁▁▁", 0, UserDefined).Load();

        Assert.That(tokenizer.Encode("a  a"), Is.EqualTo(new[] { 2, 4, 2 }));
        Assert.That(tokenizer.Encode("a     a"), Is.EqualTo(new[] { 2, 5, 3 }));
        Assert.That(tokenizer.Encode("a      "), Is.EqualTo(new[] { 2, 5, 4 }));
    }

    [Test]
    public void Encode_WithoutNormalizerSettings_TakesThoseOfTheFormat([Values] bool unigram)
    {
        var tokenizer = new PlantedSentencePiece { IsUnigram = unigram, HasNormalizer = false }.Add("▁", -1).Add("a", -1).Add("▁a", -0.1f).Load();

        Assert.That(tokenizer.Encode(" a   a "), Is.EqualTo(new[] { 3, 3 }), "a space in front, runs are one");
    }

    [Test]
    public void Encode_UnusedPiece_IsNotGiven([Values] bool unigram)
    {
        var tokenizer = new PlantedSentencePiece { IsUnigram = unigram }.Add("a", -2).Add("b", -2).Add("ab", -1, Unused).Add("abb", -1).Load();

        Assert.That(tokenizer.Encode("aba"), Is.EqualTo(new[] { 1, 2, 1 }));
        Assert.That(tokenizer.Encode("abb"), Is.EqualTo(new[] { 4 }), "but what is made of it is");
    }

    [TestCase(5)]
    [TestCase(-1)]
    public void Load_UnigramWhoseUnknownIdIsNone_IsRefused(int unknown) =>
        Assert.That(
            () => FromJson($$$"""{"model":{"type":"Unigram","vocab":[["a",0]],"unk_id":{{{unknown}}}}}"""),
            Throws.TypeOf<ModelException>().With.Message.Contain($"one of 1, found id {unknown}"));

    /// <summary>A piece of many thousand characters must not make every position look that far.</summary>
    [Test]
    [CancelAfter(60_000)]
    public void Encode_UnigramWithAGiantPiece_Ends()
    {
        var tokenizer = new PlantedSentencePiece { IsUnigram = true }.Add("a", -1).Add("b", -1).Add(new string('x', 60_000), -1).Load();

        Assert.That(tokenizer.Encode(string.Concat(Enumerable.Repeat("ab", 50_000))), Has.Length.EqualTo(100_000));
    }

    private static FileTokenizer FromJson(string json)
    {
        using var copy = new TokenizerCopy("gpt2");
        File.WriteAllText(Path.Combine(copy.Folder, "tokenizer.json"), json);
        return TokenizerFiles.Load(copy.Folder);
    }
}
