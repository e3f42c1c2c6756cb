using System.Text.Json;

namespace PluginLens.Tokenizers.Tests;

/// <summary>Every stage that a tokenizer.json may hold, alone, with what it makes of a text.</summary>
public class StageMatrixTests
{
    [TestCase("""{"type":"NFC"}""", "e\u0301 ﬁ", "é ﬁ")]
    [TestCase("""{"type":"NFD"}""", "é ﬁ", "e\u0301 ﬁ")]
    [TestCase("""{"type":"NFKC"}""", "e\u0301 ﬁ ２ ① … ½ ｶ\uFF9E \u212B 𝕏 ſ\u0323", "é fi 2 1 ... 1⁄2 ガ Å X ṣ")]
    [TestCase("""{"type":"NFKD"}""", "é ﬁ ㎢ \u00A0 한", "e\u0301 fi km2   \u1112\u1161\u11AB")]
    [TestCase("""{"type":"Nmt"}""", "a\u0001b\tc\u200Bd▁e\u007F\uFEFF", "ab c d e ")]
    [TestCase("""{"type":"ByteLevel"}""", " é", "ĠÃ©")]
    [TestCase("""{"type":"Lowercase"}""", "ÀİB", "ài\u0307b")]
    [TestCase("""{"type":"StripAccents"}""", "e\u0301a", "ea")]
    [TestCase("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}""", "É\u0000中\ta", "e 中  a")]
    [TestCase("""{"type":"BertNormalizer","clean_text":false,"handle_chinese_chars":false,"strip_accents":true,"lowercase":false}""", "É中\t", "E中\t")]
    [TestCase("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":false,"lowercase":true}""", "É", "é")]
    [TestCase("""{"type":"Prepend","prepend":"▁"}""", "a", "▁a")]
    [TestCase("""{"type":"Replace","pattern":{"String":" "},"content":"▁"}""", "a b", "a▁b")]
    [TestCase("""{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"_"}""", "a   b c", "a_b c")]
    [TestCase("""{"type":"Strip","strip_left":true,"strip_right":false}""", " a ", "a ")]
    [TestCase("""{"type":"Strip","strip_left":false,"strip_right":true}""", " a ", " a")]
    [TestCase("""{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Lowercase"}]}""", "Ｆﬁ", "ffi")]
    public void Normalizer(string json, string text, string expected) =>
        Assert.That(NormalizerJson.Read(Json(json), Config())!.Normalize(text), Is.EqualTo(expected));

    [TestCase("""{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true}""", "a b's", " a| b|'s")]
    [TestCase("""{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}""", "a b's", "a b's")]
    [TestCase("""{"type":"Whitespace"}""", "a\u0903b, ⅷ  c", "a\u0903b|,|ⅷ|c")]
    [TestCase("""{"type":"WhitespaceSplit"}""", "a, b  c", "a,|b|c")]
    [TestCase("""{"type":"BertPreTokenizer"}""", "a,b c", "a|,|b|c")]
    [TestCase("""{"type":"Digits","individual_digits":true}""", "a12", "a|1|2")]
    [TestCase("""{"type":"Digits","individual_digits":false}""", "a12", "a|12")]
    [TestCase("""{"type":"Punctuation"}""", "a,,b", "a|,|,|b")]
    [TestCase("""{"type":"Punctuation","behavior":"Contiguous"}""", "a,,b", "a|,,|b")]
    [TestCase("""{"type":"CharDelimiterSplit","delimiter":"-"}""", "a-b-", "a|b")]
    [TestCase("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""", "a b", "▁a|▁b")]
    [TestCase("""{"type":"Metaspace","replacement":"▁","add_prefix_space":false}""", "a b", "a|▁b")]
    [TestCase("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}""", "a b", "▁a▁b")]
    [TestCase("""{"type":"Split","pattern":{"Regex":"\\d"},"behavior":"Removed","invert":false}""", "a1b", "a|b")]
    [TestCase("""{"type":"Split","pattern":{"Regex":"\\d"},"behavior":"Removed","invert":true}""", "a1b", "1")]
    [TestCase("""{"type":"Split","pattern":{"Regex":"[\\p{L}&&[^\\p{Han}]]+|\\p{Han}+"},"behavior":"Isolated","invert":false}""", "ab中文c", "ab|中文|c")]
    [TestCase("""{"type":"Split","pattern":{"String":"-"},"behavior":"MergedWithPrevious","invert":false}""", "a-b", "a-|b")]
    [TestCase("""{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Digits","individual_digits":true}]}""", "a1 b", "a|1|b")]
    public void PreTokenizer(string json, string text, string expected)
    {
        List<string> pieces = [text];
        foreach (var split in SplitJson.Read(Json(json), Config(), out _))
        {
            var next = new List<string>();
            for (var i = 0; i < pieces.Count; i++)
            {
                split(pieces[i], i == 0, next);
            }

            pieces = next;
        }

        Assert.That(string.Join('|', pieces), Is.EqualTo(expected));
    }

    [TestCase("normalizer")]
    [TestCase("pre_tokenizer")]
    [TestCase("post_processor")]
    [TestCase("decoder")]
    public void Stage_OfUnknownType_IsRefusedByName(string stage)
    {
        Assert.That(() => Load($$$"""{"{{{stage}}}":{"type":"Novel"},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}"""), Throws.TypeOf<ModelException>().With.Message.Contains("'Novel'"));
    }

    [TestCase("""{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}""", "ab", new[] { 2 })]
    [TestCase("""{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]}""", "aab", new[] { 0, 2 })]
    [TestCase("""{"type":"BPE","vocab":{"?":0,"a":1," ":2," a":3},"merges":[[" ","a"]],"unk_token":"?"}""", "a ax", new[] { 1, 3, 0 })]
    [TestCase("""{"type":"BPE","vocab":{"?":0,"a":1," ":2," a":3},"merges":[[" ","a"]],"unk_token":"?"}""", "\uFDD0a", new[] { 0, 1 })]
    [TestCase("""{"type":"Unigram","unk_id":null,"vocab":[["a",-1],["b",-1],["ab",-1]]}""", "aab", new[] { 0, 2 })]
    [TestCase("""{"type":"Unigram","unk_id":0,"vocab":[["?",0],["a",-1],["a",-2]]}""", "ab", new[] { 2, 0 })]
    [TestCase("""{"type":"WordLevel","vocab":{"a":0,"?":1},"unk_token":"?"}""", "b", new[] { 1 })]
    [TestCase("""{"type":"WordPiece","vocab":{"a":0,"##b":1,"?":2},"unk_token":"?","continuing_subword_prefix":"##","max_input_chars_per_word":3}""", "abb", new[] { 0, 1, 1 })]
    public void Model(string json, string text, int[] expected) => Assert.That(Load($$"""{"model":{{json}}}""").Encode(text), Is.EqualTo(expected));

    [Test]
    public void Unigram_WithoutUnknownToken_RefusesWhatItCannotSpell() => Assert.That(
        () => Load("""{"model":{"type":"Unigram","unk_id":null,"vocab":[["a",-1]]}}""").Encode("ab"), Throws.TypeOf<ModelException>().With.Message.Contains("'b'"));

    [TestCase("""{"type":"BertProcessing","sep":["b",1],"cls":["a",0]}""", new[] { 0, 2, 1 })]
    [TestCase("""{"type":"RobertaProcessing","sep":["b",1],"cls":["a",0]}""", new[] { 0, 2, 1 })]
    [TestCase("""{"type":"ByteLevel","add_prefix_space":true}""", new[] { 2 })]
    [TestCase("""{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A"}},{"SpecialToken":{"id":"b"}}],"special_tokens":{"b":{"id":"b","ids":[1],"tokens":["b"]}}}""", new[] { 2, 1 })]
    [TestCase("""{"type":"Sequence","processors":[{"type":"ByteLevel"},{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"a"}},{"Sequence":{"id":"A"}}],"special_tokens":{"a":{"id":"a","ids":[0],"tokens":["a"]}}}]}""", new[] { 0, 2 })]
    public void PostProcessor(string json, int[] expected) =>
        Assert.That(Load($$$"""{"post_processor":{{{json}}},"model":{"type":"BPE","vocab":{"a":0,"b":1,"c":2},"merges":[]}}""").Encode("c", addSpecial: true), Is.EqualTo(expected));

    private static TokenizerConfig Config() => new(new TokenizerFolder(Path.GetTempPath(), new HashSet<string>(), null));

    private static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;

    private static FileTokenizer Load(string json)
    {
        using var copy = new TokenizerCopy("gpt2");
        File.WriteAllText(Path.Combine(copy.Folder, "tokenizer.json"), json);
        return TokenizerFiles.Load(copy.Folder);
    }
}
