using System.Text.Json;
using PluginLens.Tests.Shared;

namespace PluginLens.Tokenizers.Tests;

/// <summary>Tokenizer files as people have them (tests/Golden/bugs): the reference library's ids, or one line that names the cause.</summary>
public class BugTests
{
    private static readonly string Root = Path.Combine(Repository.Root, "tests", "Golden", "bugs");

    [TestCase("tok-add-prefix-space", "add_prefix_space is true in tokenizer_config.json and false in tokenizer.json; tokenizer_config.json is followed")]
    [TestCase("tok-add-bos-false", "add_bos_token is false in tokenizer_config.json, the post_processor of tokenizer.json says otherwise; tokenizer_config.json is followed")]
    [TestCase("tok-class-intersection", null)]
    [TestCase("tok-digits-from-the-right", null)]
    [TestCase("tok-empty-added", null)]
    [TestCase("tok-legacy-false-spm", null)]
    [TestCase("tok-merges-with-spaces", null)]
    [TestCase("tok-nfkc", null)]
    [TestCase("tok-roberta-no-config", null)]
    [TestCase("tok-unigram-no-unk", null)]
    [TestCase("tok-vocab-txt-duplicate", "twice; text gets the last id")]
    [TestCase("tok-xlmr-spm-only", null)]
    public void Encode_FilesFromTheWild_GivesTheReferenceIds(string folder, string? note)
    {
        var tokenizer = TokenizerFiles.Load(Path.Combine(Root, folder));

        var read = 0;
        foreach (var line in File.ReadLines(Path.Combine(Root, folder, "texts.jsonl")).Select(line => JsonDocument.Parse(line).RootElement))
        {
            var text = line.GetProperty("text").GetString()!;
            Assert.That(tokenizer.Encode(text), Is.EqualTo(Ids(line, "ids")), text);
            Assert.That(tokenizer.Encode(text, addSpecial: true), Is.EqualTo(Ids(line, "ids_with_special")), text);
            read++;
        }

        Assert.That(read, Is.Positive);
        Assert.That(tokenizer.Notes, note is null ? Is.Empty : Has.Some.Contains(note));
    }

    [Test]
    public void Encode_AddedTokenWithAnotherId_KeepsTheVocabularys()
    {
        var tokenizer = TokenizerFiles.Load(Path.Combine(Root, "tok-added-conflict"));
        var he = Enumerable.Range(0, tokenizer.Count).First(id => tokenizer.Piece(id) == "he");

        Assert.That(he, Is.Not.EqualTo(510));
        Assert.That(tokenizer.Encode("he"), Is.EqualTo(new[] { he }));
        Assert.That(tokenizer.Notes, Has.Some.Contains($"gives 'he' the id {he} in its vocabulary and 510 among its added tokens"));
    }

    [Test]
    public void Encode_HostileNames_AreTokensLikeOthers()
    {
        var tokenizer = TokenizerFiles.Load(Path.Combine(Root, "tok-hostile-names"));

        for (var id = 0; id < tokenizer.Count; id++)
        {
            Assert.That(tokenizer.Decode([id]), Is.EqualTo(tokenizer.Text(id)));
        }
    }

    [TestCase("tok-japanese-mecab", "'BertJapaneseTokenizer'")]
    public void Load_ClassThatSplitsOtherwise_IsRefusedByName(string folder, string expected)
    {
        var error = Assert.Throws<ModelException>(() => TokenizerFiles.Load(Path.Combine(Root, folder)));

        Assert.That(error!.Message, Does.Contain(expected).And.Not.Contain("\n"));
    }

    [Test]
    public void Piece_OfXlmRoberta_IsOneMoreThanInTheFile()
    {
        var tokenizer = TokenizerFiles.Load(Path.Combine(Root, "tok-xlmr-spm-only"));

        Assert.That(new[] { 0, 1, 2, 3, 531 }.Select(tokenizer.Piece), Is.EqualTo(new[] { "<s>", "<pad>", "</s>", "<unk>", "<mask>" }));
        Assert.That((tokenizer.Count, tokenizer.BosId, tokenizer.PadId, tokenizer.EosId, tokenizer.UnkId), Is.EqualTo((532, 0, 1, 2, 3)));
        Assert.That(tokenizer.Encode("the <mask>"), Does.Contain(531));
    }

    private static int[] Ids(JsonElement line, string name) => [.. line.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];
}
