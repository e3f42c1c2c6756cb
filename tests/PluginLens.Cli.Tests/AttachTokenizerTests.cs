namespace PluginLens.Cli.Tests;

/// <summary>A model folder without a tokenizer gets one, from elsewhere or from files that were put into it.</summary>
public sealed class AttachTokenizerTests
{
    private static readonly string Bare = Path.Combine(Cli.Root, "tests", "Golden", "plain-onnx", "torch-gpt2");
    private static readonly string Tokenizers = Path.Combine(Cli.Root, "tests", "Golden", "tokenizers");
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void Import()
    {
        _folder = new TemporaryFolder();
        var result = Cli.Run("import", Bare, _folder.At("bare"));
        Assert.That(result.Output, Does.Contain("no tokenizer beside the model").And.Contain("'pluginlens attach-tokenizer'"), result.Errors);
    }

    [TearDown]
    public void Delete() => _folder.Dispose();

    [Test]
    public void Attach_FromElsewhereOrDroppedIn_ReadsTexts([Values] bool dropped)
    {
        Assert.That(Prompted(), Has.Property("ExitCode").EqualTo(2).And.Property("Errors").Contains("pluginlens attach-tokenizer"));
        var before = Cli.Run("logit-lens", "--model", _folder.At("bare"), "--ids", "82,468,256", "--format", "csv", "--table", "words").Output;
        foreach (var file in dropped ? Directory.GetFiles(Path.Combine(Tokenizers, "gpt2")) : [])
        {
            File.Copy(file, _folder.At($"bare/{Path.GetFileName(file)}"));
        }

        var attached = Cli.Run(["attach-tokenizer", _folder.At("bare"), .. dropped ? Array.Empty<string>() : [Path.Combine(Tokenizers, "gpt2")]]);

        Assert.That((attached.ExitCode, attached.Output), Is.EqualTo((0, $"attached a byte-level-bpe tokenizer of 512 ids\nnext:  pluginlens tokenize --model {_folder.At("bare")} --prompt \"some text\"\n")), attached.Errors);
        Assert.That(Cli.Run("tokenize", "--model", _folder.At("bare"), "--prompt", "some text").Output, Does.Contain("ids           82,468,256,439,83\n"));
        Assert.That(Prompted().ExitCode, Is.Zero);
        Assert.That(Cli.Run("verify", _folder.At("bare")).ExitCode, Is.Zero, "seal, hashes, weights and graph fit");
        var after = Cli.Run("logit-lens", "--model", _folder.At("bare"), "--ids", "82,468,256", "--format", "csv", "--table", "words").Output;
        Assert.That(Numbers(after), Is.EqualTo(Numbers(before)), "the model is the same");
        Refused("attach-tokenizer", "has a tokenizer: ");
    }

    [Test]
    public void Attach_WhatDoesNotFit_IsRefused_AndNothingChanges()
    {
        Directory.CreateDirectory(_folder.At("empty"));
        var graph = File.ReadAllBytes(_folder.At("bare/model.onnx"));
        Refused("attach-tokenizer", "has no tokenizer's files");
        Refused("attach-tokenizer", "has no tokenizer's files", _folder.At("empty"));
        Refused("attach-tokenizer", "they do not belong together", Path.Combine(Cli.Root, "models", "onnx", "tiny-gpt2"));
        File.WriteAllText(_folder.At("bare/vocab.json"), "{}");
        Refused("attach-tokenizer", "vocab.json' is there and is another file", Path.Combine(Tokenizers, "gpt2"));

        Assert.That(File.ReadAllBytes(_folder.At("bare/model.onnx")), Is.EqualTo(graph));
    }

    private CliResult Prompted() => Cli.Run("logit-lens", "--model", _folder.At("bare"), "--prompt", "some text", "--quiet");

    private void Refused(string command, string said, params string[] from)
    {
        var result = Cli.Run([command, _folder.At("bare"), .. from]);
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((2, string.Empty)));
        Assert.That(result.Errors, Does.StartWith("pluginlens: ").And.Contain(said));
        Assert.That(result.Errors.Trim().Split('\n'), Has.Length.EqualTo(1));
    }

    /// <summary>Ids and numbers of the rows; texts are what the tokenizer brought.</summary>
    private static string[] Numbers(string csv) => [.. csv.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => string.Join(',', line.Split(',')[^3..]))];
}
