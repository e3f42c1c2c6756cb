using Newtonsoft.Json.Linq;

namespace PluginLens.Cli.Tests;

/// <summary>What <c>pluginlens tokenize</c> prints.</summary>
public sealed class TokenizeTests
{
    private static readonly string Lines = Path.Combine(TestContext.CurrentContext.WorkDirectory, "tokenize-lines.jsonl");

    [Test]
    public void Tokenize_Encoder_ShowsIdsWithAndWithoutSpecialTokens()
    {
        // [CLS] = 101, [SEP] = 102, hello = 7592, world = 2088 in the published vocabulary.
        var result = Cli.Run("tokenize", "--model", "all-minilm-l6-v2", "--prompt", "Hello world!", "--prompt", "embeddings", "--format", "json");

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        var texts = JArray.Parse(result.Output);
        Assert.That(texts, Has.Count.EqualTo(2));
        Assert.That(texts[0]["text"]!.ToString(), Is.EqualTo("Hello world!"));
        Assert.That(texts[0]["ids"]!.ToObject<int[]>(), Is.EqualTo(new[] { 7592, 2088, 999 }));
        Assert.That(texts[0]["ids_with_special"]!.ToObject<int[]>(), Is.EqualTo(new[] { 101, 7592, 2088, 999, 102 }));
        Assert.That(texts[0]["decoded"]!.ToString(), Is.EqualTo("hello world!"));
        Assert.That(texts[1]["tokens"]!.ToObject<string[]>(), Is.EqualTo(new[] { "em", "##bed", "##ding", "##s" }));
    }

    [Test]
    public void Tokenize_File_ReadsEachText()
    {
        File.WriteAllText(Lines, "{\"text\": \"the old man\"}\n{\"text\": \"a\\nb\", \"label\": 1}\n");

        var result = Cli.Run("tokenize", "--model", "tiny-gpt2", "--prompts", Lines, "--format", "json");

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        var texts = JArray.Parse(result.Output);
        Assert.That(texts.Select(text => text["decoded"]!.ToString()), Is.EqualTo(new[] { "the old man", "a\nb" }));
        Assert.That(texts[0]["tokens"]!.Count(), Is.EqualTo(texts[0]["ids"]!.Count()));
    }

    [Test]
    public void Tokenize_Table_MarksSpecialTokens()
    {
        var result = Cli.Run("tokenize", "--model", "all-minilm-l6-v2", "--prompt", "hello");

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        Assert.That(result.Output, Does.Contain("ids           7592\n").And.Contain("with special  101,7592,102\n").And.Match("0 +101 +\\[CLS\\] +\\[CLS\\] +special\n"));
    }

    [Test]
    public void Tokenize_NoText_SaysWhatToGive()
    {
        var result = Cli.Run("tokenize", "--model", "tiny-gpt2");

        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Errors, Does.Contain("--prompt").And.Match("^[^\n]*\n$"));
    }
}
