using System.Text;
using PluginLens.Tests.Shared;

namespace PluginLens.Tokenizers.Tests;

public class FileTokenizerTests
{
    [TestCase("gpt2", 511, 511, null, 511)]
    [TestCase("roberta", 0, 2, 1, 3)]
    [TestCase("opt", 2, 2, 1, 2)]
    [TestCase("gpt_neox", 0, 0, null, 0)]
    [TestCase("llama3", 516, 517, null, null)]
    [TestCase("qwen2", null, 522, 522, null)]
    [TestCase("phi3", 529, 529, 529, 529)]
    [TestCase("bert", null, null, 0, 20)]
    [TestCase("openai-gpt", null, null, null, 0)]
    [TestCase("llama", 1, 2, null, 0)]
    [TestCase("gemma2", 2, 1, 0, 3)]
    [TestCase("t5", null, 1, 0, 2)]
    public void Load_PublishedFiles_FindsTheNamedIds(string folder, int? bos, int? eos, int? pad, int? unk)
    {
        var tokenizer = Load(folder);

        Assert.That((tokenizer.BosId, tokenizer.EosId, tokenizer.PadId, tokenizer.UnkId), Is.EqualTo((bos, eos, pad, unk)));
    }

    [Test]
    public void Within_FewerRowsThanAddedTokens_RefusesThoseByNameAndReadsTheRest()
    {
        var whole = TokenizerFiles.Load(Path.Combine(Repository.Root, "tests", "Golden", "bugs", "tok-one-id-too-many"));
        var within = whole.Within(533);

        Assert.That((whole.Count, within.Count, within.Piece(533)), Is.EqualTo((534, 533, (string?)null)));
        Assert.That(within.Encode("the king", addSpecial: true), Is.EqualTo(whole.Encode("the king", addSpecial: true)));
        Assert.That(() => within.Encode("the <image_soft_token> king"), Throws.TypeOf<ModelException>().With.Message.Contain("'<image_soft_token>' (533)"));
        Assert.That(whole.Within(600), Is.SameAs(whole));
        Assert.That(() => whole.Within(532), Throws.TypeOf<ModelException>().With.Message.Contain("do not belong together"));
    }

    /// <summary>A special token's text is text, with the bytes that it has; what is added and not special stays one token; all else is as ever.</summary>
    [TestCase("gpt2", "<|endoftext|>")]
    [TestCase("gpt_neox", "<|endoftext|>")]
    [TestCase("llama3", "<|begin_of_text|>")]
    [TestCase("llama", "</s>")]
    public void EncodePlain_OfSpecialTokens_IsTheirText(string folder, string special)
    {
        var tokenizer = Load(folder);
        var text = $"the {special} king";

        var ids = tokenizer.EncodePlain(text);

        Assert.That(tokenizer.Encode(text).Count(tokenizer.IsSpecial), Is.EqualTo(1));
        Assert.That(ids, Is.Not.Empty.And.All.Matches<int>(id => !tokenizer.IsSpecial(id) || id == tokenizer.UnkId));
        Assert.That(tokenizer.Decode(ids).TrimStart(), Is.EqualTo(text));
        Assert.That(tokenizer.EncodePlain("the   king"), Is.EqualTo(tokenizer.Encode("the   king")));
    }

    [TestCase("gpt2", "Ġthe", " the")]
    [TestCase("llama", "▁the", " the")]
    [TestCase("gemma2", "▁the", " the")]
    [TestCase("t5", "▁the", " the")]
    [TestCase("llama", "<0x0A>", "\n")]
    [TestCase("bert", "##ing", "##ing")]
    [TestCase("bert", "the", "the")]
    [TestCase("llama", "<s>", "<s>")]
    public void Text_OfOneToken_KeepsItsSpace(string folder, string piece, string text)
    {
        var tokenizer = Load(folder);
        var id = Enumerable.Range(0, tokenizer.Count).Single(id => tokenizer.Piece(id) == piece);

        Assert.That(tokenizer.Text(id), Is.EqualTo(text));
    }

    [Test]
    public void Piece_OutsideTheVocabulary_IsNull()
    {
        var tokenizer = Load("gpt_neox");

        Assert.That(tokenizer.Piece(tokenizer.Count), Is.Null);
        Assert.That(tokenizer.Piece(-1), Is.Null);
        Assert.That(tokenizer.Text(tokenizer.Count), Is.Empty);
        Assert.That(tokenizer.Decode([0, 543]), Is.EqualTo("<|endoftext|>"));
    }

    [Test]
    public void IsSpecial_MarksOnlySpecialTokens()
    {
        var tokenizer = Load("gpt_neox");

        Assert.That(tokenizer.IsSpecial(0), Is.True);
        Assert.That(tokenizer.IsSpecial(519), Is.False, "a run of spaces is added, not special");
        Assert.That(tokenizer.IsSpecial(100), Is.False);
        Assert.That(Load("bert").ContinuationMark, Is.EqualTo("##"));
        Assert.That(tokenizer.ContinuationMark, Is.Null);
    }

    [Test]
    public void Encode_LoneSurrogates_AreReplacementCharacters()
    {
        var tokenizer = Load("gpt2");

        Assert.That(tokenizer.Encode("a\uD83Db"), Is.EqualTo(tokenizer.Encode("a\uFFFDb")));
    }

    [Test]
    public void Encode_SameTextFromManyThreads_GivesTheSameIds()
    {
        var tokenizer = Load("t5");
        var expected = tokenizer.Encode("The quick brown fox");

        Parallel.For(0, 64, _ => Assert.That(tokenizer.Encode("The quick brown fox"), Is.EqualTo(expected)));
    }

    [Test]
    public void Encode_AddedTokens_StripAndStandAlone()
    {
        var tokenizer = FromJson("""
            {"added_tokens":[
              {"id":5,"content":"<l>","special":true,"normalized":false,"lstrip":true,"rstrip":false,"single_word":false},
              {"id":6,"content":"<r>","special":true,"normalized":false,"lstrip":false,"rstrip":true,"single_word":false},
              {"id":7,"content":"cat","special":false,"normalized":false,"lstrip":false,"rstrip":false,"single_word":true},
              {"id":8,"content":"<l><r>","special":false,"normalized":false,"lstrip":false,"rstrip":false,"single_word":false},
              {"id":9,"content":"B","special":false,"normalized":true,"lstrip":false,"rstrip":false,"single_word":false}],
             "normalizer":{"type":"Lowercase"},
             "model":{"type":"BPE","vocab":{"a":0," ":1,"b":2,"c":3,"t":4},"merges":[]}}
            """);

        Assert.That(tokenizer.Encode("a  <l>a"), Is.EqualTo(new[] { 0, 5, 0 }));
        Assert.That(tokenizer.Encode("<r>  a"), Is.EqualTo(new[] { 6, 0 }));
        Assert.That(tokenizer.Encode("<l><r>"), Is.EqualTo(new[] { 8 }), "the longest wins");
        Assert.That(tokenizer.Encode("cat cats"), Is.EqualTo(new[] { 7, 1, 3, 0, 4 }), "no unknown token: s is dropped");
        Assert.That(tokenizer.Encode("Aba"), Is.EqualTo(new[] { 0, 9, 0 }), "sought after normalization, itself normalized");
        Assert.That(tokenizer.Encode("CAT"), Is.EqualTo(new[] { 3, 0, 4 }), "sought before normalization");
    }

    [Test]
    public void Encode_StepsAfterByteLevel_SeeTheAlphabet()
    {
        // 中 is E4 B8 AD, written ä ¸ Ń; a later step finds the letter Ń, not the ideograph.
        var vocabulary = string.Join(',', Enumerable.Range(0, 256).Select(b => $"{System.Text.Json.JsonSerializer.Serialize(ByteAlphabet.Write([(byte)b]))}:{b}"));
        var tokenizer = FromJson($$$"""
            {"pre_tokenizer":{"type":"Sequence","pretokenizers":[
               {"type":"ByteLevel","add_prefix_space":false,"use_regex":false},
               {"type":"Split","pattern":{"String":"Ń"},"behavior":"Removed","invert":false}]},
             "decoder":{"type":"ByteLevel"},
             "model":{"type":"BPE","vocab":{ {{{vocabulary}}} },"merges":[]}}
            """);

        Assert.That(tokenizer.Kind, Is.EqualTo("byte-level-bpe"));
        Assert.That(tokenizer.Encode("a中"), Is.EqualTo(new[] { 97, 0xE4, 0xB8 }));
        Assert.That(tokenizer.Decode([97, 0xE4, 0xB8, 0xAD]), Is.EqualTo("a中"));
    }

    [Test]
    public void Encode_WordLevel_LooksPiecesUp()
    {
        var tokenizer = FromJson("""{"pre_tokenizer":{"type":"Whitespace"},"model":{"vocab":{"a":0,"b":1,"?":2},"unk_token":"?"}}""");

        Assert.That(tokenizer.Kind, Is.EqualTo("wordlevel"));
        Assert.That(tokenizer.Encode("a b,a"), Is.EqualTo(new[] { 0, 1, 2, 0 }));
        Assert.That(tokenizer.Decode([0, 1]), Is.EqualTo("a b"));
    }

    [Test]
    public void Encode_ByteOrderMark_IsNoPartOfTheFile()
    {
        using var copy = new TokenizerCopy("gpt2");
        File.WriteAllText(Path.Combine(copy.Folder, "tokenizer.json"), """{"model":{"vocab":{"a":0},"merges":[]}}""", new UTF8Encoding(true));

        Assert.That(TokenizerFiles.Load(copy.Folder).Encode("aa"), Is.EqualTo(new[] { 0, 0 }));
    }

    [Test]
    public void Load_TiktokenFile_AgreesWithVocabularyAndMerges()
    {
        var expected = Load("real-gpt2");
        using var copy = new TokenizerCopy("gpt2");
        var lines = Enumerable.Range(0, 50256).Select(id =>
        {
            var bytes = new byte[ByteAlphabet.Most(expected.Piece(id)!)];
            return $"{Convert.ToBase64String(bytes, 0, ByteAlphabet.Read(expected.Piece(id)!, bytes))} {id}";
        });
        File.WriteAllLines(Path.Combine(copy.Folder, "gpt2.tiktoken"), lines);
        var tokenizer = TokenizerFiles.Load(copy.Folder);

        Assert.That(tokenizer.Kind, Is.EqualTo("tiktoken"));
        Assert.That(tokenizer.Count, Is.EqualTo(50257));
        foreach (var line in GoldenTokenizers.Lines("gpt2"))
        {
            Assert.That(tokenizer.Encode(line.Text), Is.EqualTo(expected.Encode(line.Text)), line.Text);
            Assert.That(tokenizer.Decode(tokenizer.Encode(line.Text)), Is.EqualTo(line.Text));
        }

        File.Move(Path.Combine(copy.Folder, "gpt2.tiktoken"), Path.Combine(copy.Folder, "tokenizer.model"));
        Assert.That(TokenizerFiles.Load(copy.Folder).Kind, Is.EqualTo("tiktoken"), "known by what it holds");
    }

    [Test]
    public void Load_NamedFiles_LeavesStrangersAlone()
    {
        using var copy = new TokenizerCopy("gpt2", "vocab.json", "merges.txt", "tokenizer_config.json");
        File.WriteAllText(Path.Combine(copy.Folder, "tokenizer.json"), "not of this model");

        Assert.That(TokenizerFiles.Load(copy.Folder, ["vocab.json", "merges.txt"]).Count, Is.EqualTo(512));
        Assert.That(() => TokenizerFiles.Load(copy.Folder, ["vocab.json"]), Throws.InstanceOf<ModelException>().With.Message.Contains("merges.txt"));
        Assert.That(() => TokenizerFiles.Load(copy.Folder), Throws.InstanceOf<ModelException>());
    }

    private static FileTokenizer Load(string folder) => TokenizerFiles.Load(Path.Combine(GoldenTokenizers.Root, folder));

    private static FileTokenizer FromJson(string json)
    {
        using var copy = new TokenizerCopy("gpt2");
        File.WriteAllText(Path.Combine(copy.Folder, "tokenizer.json"), json);
        return TokenizerFiles.Load(copy.Folder);
    }
}
