using System.Text.Json.Nodes;

namespace PluginLens.Tokenizers.Tests;

/// <summary>What the class of a tokenizer and the flags beside it decide, where the files alone do not.</summary>
public class TokenizerClassTests
{
    [TestCase("roberta", "roberta", new[] { "vocab.json", "merges.txt" })]
    [TestCase("gpt2", "gptj", new[] { "vocab.json", "merges.txt" })]
    [TestCase("qwen2", "qwen3", new[] { "vocab.json", "merges.txt" })]
    [TestCase("openai-gpt", "openai-gpt", new[] { "vocab.json", "merges.txt" })]
    [TestCase("bert", "bert", new[] { "vocab.txt" })]
    [TestCase("llama", "mistral", new[] { "tokenizer.model" })]
    [TestCase("gemma2", "gemma2", new[] { "tokenizer.model" })]
    [TestCase("t5", "t5", new[] { "spiece.model" })]
    public void Encode_WithoutConfig_FollowsTheModelType(string folder, string type, string[] files)
    {
        using var copy = new TokenizerCopy(folder, files);
        var given = TokenizerFiles.Load(copy.Folder, files, type);
        File.WriteAllText(Path.Combine(copy.Folder, "config.json"), $$"""{"model_type":"{{type}}"}""");
        var found = TokenizerFiles.Load(copy.Folder);

        // Qwen's special tokens stand in its config alone; without it they are text like any other.
        foreach (var line in GoldenTokenizers.Lines(folder).Where(line => !line.Text.Contains("<|", StringComparison.Ordinal)))
        {
            Assert.That(given.Encode(line.Text, addSpecial: true), Is.EqualTo(line.IdsWithSpecial), line.Text);
            Assert.That(found.Encode(line.Text, addSpecial: true), Is.EqualTo(line.IdsWithSpecial), line.Text);
        }
    }

    [TestCase("gpt2", "vocab.json", "ClipTokenizer")]
    [TestCase("gpt2", "vocab.json", "LlamaTokenizer")]
    [TestCase("bert", "vocab.txt", "BertJapaneseTokenizerFast")]
    [TestCase("bert", "vocab.txt", "esm")]
    [TestCase("llama", "tokenizer.model", "BaichuanTokenizer")]
    [TestCase("t5", "spiece.model", "PegasusTokenizer")]
    [TestCase("t5", "spiece.model", "AlbertTokenizer")]
    public void Load_ClassThatDoesNotReadTheFile_IsRefusedByName(string folder, string file, string name)
    {
        string[] files = file == "vocab.json" ? [file, "merges.txt"] : [file];
        using var copy = new TokenizerCopy(folder, files);
        var error = Assert.Throws<ModelException>(() => TokenizerFiles.Load(copy.Folder, files, name));

        Assert.That(error!.Message, Does.Contain(name.Replace("Fast", string.Empty, StringComparison.Ordinal)).And.Not.Contain("\n"));
    }

    [Test]
    public void Load_SentencePieceOfFairseqWithoutClass_IsRefused()
    {
        using var copy = new TokenizerCopy("llama", "tokenizer.model");
        File.Move(Path.Combine(copy.Folder, "tokenizer.model"), Path.Combine(copy.Folder, "sentencepiece.bpe.model"));

        Assert.That(() => TokenizerFiles.Load(copy.Folder), Throws.TypeOf<ModelException>().With.Message.Contains("tokenizer_class"));
        var camembert = TokenizerFiles.Load(copy.Folder, ["sentencepiece.bpe.model"], "camembert");
        var llama = Load("llama", null, ["tokenizer.model"]);
        Assert.That(camembert.Encode("the man"), Is.EqualTo(llama.Encode("the man").Select(id => id + 4)));
        Assert.That(camembert.Encode("a", addSpecial: true), Is.EqualTo((int[])[5, .. llama.Encode("a").Select(id => id + 4), 6]));
        Assert.That((camembert.PadId, camembert.UnkId, camembert.Count, camembert.Piece(534)), Is.EqualTo((1, 3, 535, "<mask>")));
    }

    [TestCase("bert", "do_lower_case", false, "The", null)]
    [TestCase("bert", "tokenizer_class", false, "The", null)]
    [TestCase("llama", "add_prefix_space", false, "the", null)]
    [TestCase("llama", "legacy", false, "the<s>man", null)]
    public void Flag_OfTheOlderLayout_ChangesWhatItSays(string folder, string flag, bool value, string text, string? note)
    {
        string[] files = folder == "bert" ? ["vocab.txt"] : ["tokenizer.model"];
        var before = Load(folder, null, files);
        if (flag == "tokenizer_class")
        {
            Assert.That(() => Load(folder, root => root[flag] = value, files), Throws.TypeOf<ModelException>().With.Message.Contains("'tokenizer_class'"));
            return;
        }

        var after = Load(folder, root => root[flag] = value, files);

        Assert.That(after.Encode(text), Is.Not.EqualTo(before.Encode(text)));
        Assert.That(after.Notes, note is null ? Is.Empty : Has.Some.Contains(note));
    }

    [TestCase("bert", "do_lower_case", false, "do_lower_case is false in tokenizer_config.json, lowercase true in tokenizer.json; tokenizer_config.json is followed", true)]
    [TestCase("llama", "legacy", false, "legacy is false in tokenizer_config.json", false)]
    [TestCase("llama", "add_eos_token", true, "add_eos_token is true in tokenizer_config.json", true)]
    [TestCase("gpt_neox", "add_bos_token", true, "tokenizer.json is followed", false)]
    [TestCase("gpt2", "add_prefix_space", true, "add_prefix_space is true in tokenizer_config.json", true)]
    public void Flag_BesideTokenizerJson_IsNotedWhereItDisagrees(string folder, string flag, bool value, string note, bool changes)
    {
        var before = Load(folder, null, "tokenizer.json");
        var after = Load(folder, root => root[flag] = value, "tokenizer.json");

        Assert.That(after.Notes, Has.Some.Contains(note));
        Assert.That(after.Encode("The man", addSpecial: true), changes ? Is.Not.EqualTo(before.Encode("The man", addSpecial: true)) : Is.EqualTo(before.Encode("The man", addSpecial: true)));
        Assert.That(before.Notes, Is.Empty);
    }

    [Test]
    public void Flag_ThatTheClassDoesNotHeed_IsNoted()
    {
        using var first = Copy("roberta", root => root["add_bos_token"] = false, ["vocab.json", "merges.txt"]);
        using var second = Copy("gpt2", root => root["add_bos_token"] = true, ["vocab.json", "merges.txt"]);
        var roberta = TokenizerFiles.Load(first.Folder);
        var gpt2 = TokenizerFiles.Load(second.Folder);

        Assert.That(roberta.Notes, Has.Some.Contains("RobertaTokenizer does not heed"));
        Assert.That(roberta.Encode("a", addSpecial: true)[0], Is.Zero);
        Assert.That((gpt2.Notes.Count, gpt2.Encode("a", addSpecial: true)[0]), Is.EqualTo((0, 511)), "GPT-2's class heeds it");
    }

    [Test]
    public void Load_WordsThatAreNotSplit_AreRefused() => Assert.That(
        () => Load("bert", root => root["do_basic_tokenize"] = false, "vocab.txt"), Throws.TypeOf<ModelException>().With.Message.Contains("do_basic_tokenize"));

    [Test]
    public void NamedToken_InTwoFiles_IsNoted()
    {
        using var copy = Copy("llama", null, ["tokenizer.model"]);
        File.WriteAllText(Path.Combine(copy.Folder, "special_tokens_map.json"), """{"eos_token":"<unk>"}""");
        var tokenizer = TokenizerFiles.Load(copy.Folder);

        Assert.That(tokenizer.Notes, Has.Some.Contains("eos_token is '</s>' in tokenizer_config.json and '<unk>' in special_tokens_map.json; tokenizer_config.json is followed"));
        Assert.That(tokenizer.EosId, Is.EqualTo(2));
    }

    [Test]
    public void AddedToken_OfTheConfigAlone_IsAdded()
    {
        var tokenizer = Load("gpt2", root => root["added_tokens_decoder"] = JsonNode.Parse("""
            {"511":{"content":"<|endoftext|>","special":true,"normalized":false,"lstrip":false,"rstrip":false,"single_word":false},
             "512":{"content":"<new>","special":true,"normalized":false,"lstrip":false,"rstrip":false,"single_word":false},
             "513":{"content":"","special":true,"normalized":false,"lstrip":false,"rstrip":false,"single_word":false}}
            """), "tokenizer.json");

        Assert.That(tokenizer.Encode("<new>"), Is.EqualTo(new[] { 512 }));
        Assert.That((tokenizer.Count, tokenizer.Notes.Single()), Is.EqualTo((513, "'<new>' = 512 is added by tokenizer_config.json alone")));
    }

    private static FileTokenizer Load(string folder, Action<JsonObject>? change, params string[] files)
    {
        using var copy = Copy(folder, change, files);
        return TokenizerFiles.Load(copy.Folder);
    }

    private static TokenizerCopy Copy(string folder, Action<JsonObject>? change, string[] files)
    {
        var copy = new TokenizerCopy(folder, [.. files, "tokenizer_config.json"]);
        var path = Path.Combine(copy.Folder, "tokenizer_config.json");
        var root = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change?.Invoke(root);
        File.WriteAllText(path, root.ToJsonString());
        return copy;
    }
}
