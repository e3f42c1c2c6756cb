using System.Text;
using PluginLens.Tests.Shared;

namespace PluginLens.Tokenizers.Tests;

public class BrokenTokenizerTests
{
    private const string Bpe = """{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}""";

    [TestCase("", "JSON")]
    [TestCase("{", "JSON")]
    [TestCase("[]", "Expected a JSON object")]
    [TestCase("{}", "key")]
    [TestCase("""{"model":{"type":"Markov"}}""", "'Markov'")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"]}}""", "Merge 1 names a token that the vocabulary lacks: 'ab'")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":["ab"]}}""", "Merge 1 is not two tokens: 'ab'")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b","a b c"]}}""", "Merge 2 is not two tokens: 'a b c'")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"," b"]}}""", "Merge 2 is not two tokens")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":0,"##b":1,"ab":2},"merges":["a ##b","a ##c"],"continuing_subword_prefix":"##"}}""", "Merge 2 names a token that the vocabulary lacks: '##c'")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":[["a"]]}}""", "tokenizer.json")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}}""", "Expected one token for each id, found 'a' and 'b' for 0")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":0,"a":1},"merges":[]}}""", "Expected one id for each token")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}""", "found -1 for the token 'a'")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":2147483647},"merges":[]}}""", "found 2147483647")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":99999999999},"merges":[]}}""", "tokenizer.json")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"x"}}""", "Expected the unknown token 'x' in the vocabulary")]
    [TestCase("""{"model":{"type":"Unigram","vocab":[["a",0]],"unk_id":7}}""", "Expected the unknown token to be one of 1, found id 7")]
    [TestCase("""{"model":{"type":"WordPiece","vocab":{"a":0},"unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100}}""", "'[UNK]'")]
    [TestCase("""{"model":{"type":"WordPiece","vocab":{"a":0},"unk_token":"a"}}""", "'continuing_subword_prefix'")]
    [TestCase("""{"pre_tokenizer":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}""", "'add_prefix_space'")]
    [TestCase("""{"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":null},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}""", "found null")]
    [TestCase("""{"added_tokens":[{"id":1,"content":"b"}],"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}""", "'special'")]
    [TestCase("""{"model":{"type":"Unigram","vocab":[["a"]],"unk_id":0}}""", "tokenizer.json")]
    [TestCase("""{"normalizer":{"type":"NFZ"},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}""", "'NFZ'")]
    [TestCase("""{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"("},"behavior":"Isolated","invert":false},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}""", "'('")]
    [TestCase("""{"added_tokens":[{"id":0,"content":"b"}],"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}""", "found 'a' and 'b' for 0")]
    [TestCase("""{"added_tokens":[{"id":1,"content":null}],"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}""", "found null")]
    [TestCase("""{"post_processor":{"type":"RobertaProcessing","sep":["</s>",9],"cls":["<s>",0]},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}""", "found 9")]
    [TestCase("""{"normalizer":{"type":"Precompiled","precompiled_charsmap":"AAAA"},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}""", "character map")]
    public void Load_BrokenTokenizerJson_SaysWhat(string json, string expected)
    {
        using var folder = Folder(("tokenizer.json", Encoding.UTF8.GetBytes(json)));

        AssertRefused(folder.Folder, expected);
    }

    [TestCase("", "JSON")]
    [TestCase("[]", "Expected a JSON object")]
    [TestCase("""{"a":0} x""", "'x' is invalid after a single JSON value")]
    [TestCase("""{"a":0,}""", "trailing comma")]
    [TestCase("""{"a":0,"b":0,"c":}""", "'}' is an invalid start of a value")]
    [TestCase("""{"a":0,"b":0,"c":2}""", "Expected one token for each id, found 'a' and 'b' for 0")]
    [TestCase("""{"a":0,"\u0061":1}""", "Expected one id for each token, found 0 and 1 for 'a'")]
    [TestCase("""{"a":"0"}""", "requires an element of type 'Number', but the target element has type 'String'")]
    [TestCase("""{"a":{}}""", "requires an element of type 'Number', but the target element has type 'Object'")]
    [TestCase("""{"a":1.0}""", "format")]
    [TestCase("""{"a":99999999999}""", "format")]
    [TestCase("""{"a":4000000}""", "found 4000000 for the token 'a'")]
    [TestCase("""{"\ud800":0}""", "surrogate")]
    public void Load_BrokenVocabularyJson_SaysWhatTheWholeDocumentDoes(string json, string expected)
    {
        using var folder = Folder(("vocab.json", Encoding.UTF8.GetBytes(json)), ("merges.txt", "a b\n"u8.ToArray()));

        AssertRefused(folder.Folder, expected);
    }

    [Test]
    public void Load_VocabularyJsonWithAMarkEscapesAndARepeatedToken_IsRead()
    {
        using var folder = Folder(("vocab.json", Encoding.UTF8.GetBytes("\uFEFF { \"a\" : 3,\n\"\\u0120b\": 0, \"\\ud83d\\ude00\": 1, \"\\u0061\": 3 }\n")), ("merges.txt", []));
        var tokenizer = TokenizerFiles.Load(folder.Folder);

        Assert.That(Enumerable.Range(0, tokenizer.Count).Select(tokenizer.Piece), Is.EqualTo((string?[])["\u0120b", "\U0001F600", null, "a"]));
    }

    [Test]
    public void Copy_IsTheTableAsItWas()
    {
        var table = new PieceTable();
        table.Add("a", 0);
        var before = table.Copy();
        table.Add("b", 1);
        var between = table.Copy();
        table.AddLast("a", 2);

        Assert.That((before, between, table.Ids), Is.EqualTo((new Dictionary<string, int> { ["a"] = 0 }, new Dictionary<string, int> { ["a"] = 0, ["b"] = 1 }, new Dictionary<string, int> { ["a"] = 2, ["b"] = 1 })));
    }

    [TestCase("tokenizer.json", """{"decoder":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0,"\u0120b":1},"merges":["a \u0120b"]}}""")]
    [TestCase("vocab.json", """{"a":0,"\u0120b":1}""")]
    public void Text_OfMergesThatAreBroken_IsKnownWithoutThem(string file, string json)
    {
        using var folder = Folder((file, Encoding.UTF8.GetBytes(json)), ("merges.txt", "a \u0120b\n"u8.ToArray()));
        var tokenizer = TokenizerFiles.Load(folder.Folder);

        // Lists of tokens need no merges, so that nobody pays for them who encodes nothing; who does is told.
        Assert.That((string[])[tokenizer.Text(0), tokenizer.Text(1), tokenizer.Decode([0, 1])], Is.EqualTo((string[])["a", " b", "a b"]));
        Assert.That(() => tokenizer.Encode("a b"), Throws.TypeOf<ModelException>().With.Message.Contain("Merge 1 names a token that the vocabulary lacks: 'a\u0120b'"));
        Assert.That(tokenizer.Text(1), Is.EqualTo(" b"));
    }

    [TestCase("""{"String":"a"}""", "aa", "given; replace tokenizer.json")]
    [TestCase("""{"Regex":"a"}""", "aa", "given; replace tokenizer.json")]
    [TestCase("""{"String":"a"}""", "a long text in place of a letter", "given; replace tokenizer.json")]
    public void Encode_StagesThatMultiplyAText_AreRefusedBeforeTheyFillTheMemory(string pattern, string content, string expected)
    {
        var stages = string.Join(',', Enumerable.Repeat($$"""{"type":"Replace","pattern":{{pattern}},"content":"{{content}}"}""", 40));
        using var folder = Folder(("tokenizer.json", Encoding.UTF8.GetBytes($$"""{"normalizer":{"type":"Sequence","normalizers":[{{stages}}]},{{Bpe[1..]}}""")));
        var tokenizer = TokenizerFiles.Load(folder.Folder);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.That(() => tokenizer.Encode("a"), Throws.TypeOf<ModelException>().With.Message.Contain(expected).And.Message.Not.Contain("\n"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(512L << 20));
    }

    [Test]
    public void Encode_DecoderThatMultipliesAToken_IsRefused()
    {
        var stages = string.Join(',', Enumerable.Repeat("""{"type":"Replace","pattern":{"String":"a"},"content":"aa"}""", 40));
        using var folder = Folder(("tokenizer.json", Encoding.UTF8.GetBytes($$"""{"decoder":{"type":"Sequence","decoders":[{{stages}}]},{{Bpe[1..]}}""")));

        Assert.That(() => TokenizerFiles.Load(folder.Folder).Decode([0]), Throws.TypeOf<ModelException>().With.Message.Contain("longer than"));
    }

    [Test]
    public void Encode_TextOfAHundredMegabytes_IsRefused()
    {
        using var folder = Folder(("tokenizer.json", Encoding.UTF8.GetBytes(Bpe)));

        Assert.That(() => TokenizerFiles.Load(folder.Folder).Encode(new string('a', 100_000_000)), Throws.TypeOf<ModelException>().With.Message.Contain("100000000 characters; expected at most 16777216"));
    }

    [TestCase("tokenizer.json")]
    [TestCase("vocab.txt")]
    [TestCase("tokenizer.model")]
    [TestCase("x.tiktoken")]
    [Platform("Linux,MacOsX")]
    public void Load_PipeInAFilesPlace_IsRefusedAtOnce(string file)
    {
        using var folder = Folder();
        NamedPipe.Make(Path.Combine(folder.Folder, file));

        Assert.That(() => NamedPipe.Within(() => TokenizerFiles.Load(folder.Folder)), Throws.TypeOf<ModelException>().With.Message.Contain("is a named pipe"));
    }

    [Test]
    public void Load_DeepJson_IsRefused()
    {
        using var folder = Folder(("tokenizer.json", Encoding.UTF8.GetBytes(new string('[', 1_000_000))));

        AssertRefused(folder.Folder, "depth");
    }

    [Test]
    public void Load_InvalidUtf8_IsRefused()
    {
        using var text = Folder(("vocab.txt", [.. "[UNK]\n[CLS]\n[SEP]\n"u8, 0xC3, 0x28, (byte)'\n']));
        using var json = Folder(("tokenizer.json", [.. "{\"model\":{\"type\":\"BPE\",\"vocab\":{\""u8, 0xC3, 0x28, .. "\":0},\"merges\":[]}}"u8]));

        AssertRefused(text.Folder, "UTF-8");
        AssertRefused(json.Folder, "UTF-8");
    }

    [Test]
    public void Load_HugeLine_IsRefused()
    {
        var line = new byte[30_000_000];
        Array.Fill(line, (byte)'a');
        using var folder = Folder(("vocab.txt", line));

        AssertRefused(folder.Folder, "found 30000000 in token 0");
    }

    [Test]
    public void Load_NoTokenizerFiles_NamesWhatItLooksFor()
    {
        using var folder = Folder(("weights.bin", []));

        AssertRefused(folder.Folder, "tokenizer.json");
        AssertRefused(Path.Combine(folder.Folder, "missing"), "found no folder");
    }

    [Test]
    public void Load_VocabularyWithoutMerges_NamesTheMissingFile()
    {
        using var folder = new TokenizerCopy("gpt2", "vocab.json");

        AssertRefused(folder.Folder, "merges.txt");
    }

    [Test]
    public void Load_TiktokenFileOfUnknownSize_AsksForTheOtherFile()
    {
        using var folder = Folder(("x.tiktoken", "YQ== 0\n"u8.ToArray()));

        AssertRefused(folder.Folder, "add the model's tokenizer.json");
    }

    [Test]
    public void Load_WrongKindOfFile_IsRefused()
    {
        using var folder = Folder(("tokenizer.model", Encoding.UTF8.GetBytes(Bpe)));

        AssertRefused(folder.Folder, "tokenizer.model");
    }

    private static void AssertRefused(string folder, string expected)
    {
        var error = Assert.Throws<ModelException>(() => TokenizerFiles.Load(folder).Encode("ab"));

        Assert.That(error!.Message, Does.Contain(expected).And.Not.Contain("\n"));
    }

    private static TokenizerCopy Folder(params (string Name, byte[] Content)[] files)
    {
        var copy = new TokenizerCopy("gpt2");
        foreach (var (name, content) in files)
        {
            File.WriteAllBytes(Path.Combine(copy.Folder, name), content);
        }

        return copy;
    }
}
