namespace PluginLens.Hub.Tests;

/// <summary>Which files of a repository are the model.</summary>
public sealed class NeededTests
{
    private static readonly RepositoryName Repository = new("org", "model");

    private static Needed Choose(string? pattern, params string[] paths) =>
        Needed.Of(new Listing(new string('0', 40), [.. paths.Select((path, at) => new HubFile(path, 1_500_000 * (at + 1), new string('a', 40)))]), Repository, pattern, ["tokenizer.json", "vocab.txt", "*.tiktoken"]);

    private static string Refused(string? pattern, params string[] paths) => Assert.Throws<ModelException>(() => Choose(pattern, paths))!.Message;

    [TestCase("model.safetensors", "pytorch_model.bin model.safetensors model.safetensors.index.json")]
    [TestCase("model.safetensors.index.json", "pytorch_model.bin model.safetensors.index.json model-00001-of-00002.safetensors")]
    [TestCase("pytorch_model.bin", "pytorch_model.bin flax_model.msgpack consolidated.safetensors")]
    [TestCase("model_final.pth", "model_final.pth")]
    public void Checkpoint_IsWhatTheExporterReads(string expected, string weights)
    {
        var needed = Choose(null, ["README.md", "config.json", "generation_config.json", "tokenizer.json", "qwen.tiktoken", "sub/tokenizer.json", .. weights.Split(' ')]);

        Assert.That(needed.Main.Path, Is.EqualTo(expected));
        Assert.That(needed.Files.Select(file => file.Path), Is.EqualTo(["config.json", "tokenizer.json", "qwen.tiktoken", expected]));
        Assert.That(needed.HasShards, Is.EqualTo(expected.EndsWith("index.json", StringComparison.Ordinal)));
    }

    [TestCase("*.safetensors")]
    [TestCase("model.safetensors.index.json")]
    [TestCase("model-00001-of-00002.safetensors")]
    public void Pattern_CanMeanTheWeights(string pattern) =>
        Assert.That(Choose(pattern, "config.json", "model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "x.gguf").Kind, Is.EqualTo(ModelKind.Checkpoint));

    [TestCase(null, "README.md a-Q4_0.gguf config.json", "a-Q4_0.gguf")]
    [TestCase("*Q4_0*", "a-Q4_0.gguf a-Q8_0.gguf model.safetensors config.json", "a-Q4_0.gguf")]
    [TestCase("*q4_0.GGUF", "a-Q4_0.gguf a-Q8_0.gguf", "a-Q4_0.gguf")]
    [TestCase("a.gguf", "sub/a.gguf a.gguf", "a.gguf")]
    [TestCase("a.gguf", "sub/a.gguf b.gguf", "sub/a.gguf")]
    [TestCase("sub/*", "sub/a.gguf b.gguf", "sub/a.gguf")]
    [TestCase("*Q8*", "q/a-Q8-00002-of-00002.gguf q/a-Q8-00001-of-00002.gguf b.gguf", "q/a-Q8-00001-of-00002.gguf q/a-Q8-00002-of-00002.gguf")]
    [TestCase("*-00002-of-00002.gguf", "a-00001-of-00002.gguf a-00002-of-00002.gguf b.gguf", "a-00001-of-00002.gguf a-00002-of-00002.gguf")]
    [TestCase(null, "a-00002-of-00001.gguf", "a-00002-of-00001.gguf")]
    public void Gguf_IsOneFileOrItsParts(string? pattern, string paths, string expected) =>
        Assert.That(Choose(pattern, paths.Split(' ')).Files.Select(file => file.Path), Is.EqualTo(expected.Split(' ')));

    [Test]
    public void Onnx_ComesWithItsDataAndWithTheTokenizer()
    {
        var needed = Choose("onnx/model.onnx", "config.json", "tokenizer.json", "onnx/model.onnx", "onnx/model.onnx_data", "onnx/model_fp16.onnx", "onnx/model_fp16.onnx_data", "sub/tokenizer.json", "model.safetensors");

        Assert.That((needed.Kind, needed.Main.Path), Is.EqualTo((ModelKind.Onnx, "onnx/model.onnx")));
        Assert.That(needed.Files.Select(file => file.Path), Is.EquivalentTo(["config.json", "tokenizer.json", "onnx/model.onnx", "onnx/model.onnx_data"]));
    }

    [Test]
    public void SeveralGgufFiles_AreListedWithTheirSizes() => Assert.That(
        Refused(null, "a-Q4_0.gguf", "a-Q8-00001-of-00002.gguf", "a-Q8-00002-of-00002.gguf"),
        Is.EqualTo("org/model holds several models; name one with --file: a-Q4_0.gguf (1.5 MB), a-Q8-00001-of-00002.gguf (7.5 MB)."));

    [Test]
    public void PatternThatFitsNothing_ListsWhatThereIs() => Assert.That(
        Refused("*Q5*", "README.md", "config.json", "model.safetensors", "a-Q4_0.gguf", "onnx/model.onnx"),
        Is.EqualTo("org/model has no model file '*Q5*'; --file takes one of: model.safetensors (4.5 MB), a-Q4_0.gguf (6.0 MB), onnx/model.onnx (7.5 MB)."));

    [Test]
    public void PatternThatFitsSeveral_ListsThem() => Assert.That(
        Refused("*", "config.json", "model.safetensors", "a.gguf"), Is.EqualTo("--file '*' fits several models of org/model: model.safetensors (3.0 MB), a.gguf (4.5 MB); name one."));

    [TestCase("onnx/model.onnx", "name one with --file: onnx/model.onnx")]
    [TestCase("adapter_config.json adapter_model.safetensors", "an adapter and no model")]
    [TestCase("model.safetensors", "no config.json")]
    [TestCase("a.txt", "nothing that is imported")]
    [TestCase("../a.gguf", "no plain relative path")]
    [TestCase("/etc/a.gguf", "no plain relative path")]
    [TestCase("a/../../b.gguf", "no plain relative path")]
    [TestCase("a\\..\\b.gguf", "no plain relative path")]
    [TestCase("C:b.gguf", "no plain relative path")]
    [TestCase("a\u001b[31m.gguf", "no plain relative path")]
    [TestCase("a\u202efugg.gguf", "no plain relative path")]
    public void WhatIsNotImported_IsSaid(string paths, string message) => Assert.That(Refused(null, paths.Split(' ')), Does.Contain(message));

    [Test]
    public void Shards_ThatAreNotListed_OrLeadElsewhere_AreRefused()
    {
        using var world = new World();
        world.Repository.Commit(("config.json", "{}"u8.ToArray()), ("model.safetensors.index.json", """{"weight_map": {"a": "model-1.safetensors"}}"""u8.ToArray()));
        Assert.That(() => world.Fetch(), Throws.TypeOf<ModelException>().With.Message.Contains("has no 'model-1.safetensors' at main, which belongs to its weights"));

        foreach (var shard in new[] { "../x.safetensors", "/x", "..", "a\\\\b" })
        {
            world.Repository.Commit(("config.json", "{}"u8.ToArray()), ("model.safetensors.index.json", System.Text.Encoding.UTF8.GetBytes($$$"""{"weight_map": {"a": "{{{shard}}}"}}""")));
            Assert.That(() => world.Fetch(), Throws.TypeOf<ModelException>().With.Message.Contains("weight_map").Or.Message.Contains("no plain relative path"), shard);
        }
    }

    [TestCase("org/model", true)]
    [TestCase("Org-1/m.o_d-el", true)]
    [TestCase("model", false)]
    [TestCase("a/b/c", false)]
    [TestCase("../b", false)]
    [TestCase("./b", false)]
    [TestCase("/b", false)]
    [TestCase("a/", false)]
    [TestCase("a/b--c", false)]
    [TestCase("a/b..c", false)]
    [TestCase("a b/c", false)]
    [TestCase("a/b\n", false)]
    [TestCase("C:\\b", false)]
    public void RepositoryName_IsTwoParts(string text, bool isName) => Assert.That(RepositoryName.Of(text)?.ToString(), Is.EqualTo(isName ? text : null));
}
