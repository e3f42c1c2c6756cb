using Newtonsoft.Json.Linq;

namespace PluginLens.Cli.Tests;

/// <summary>A GGUF file is shown as it is, imported with what it does not say, and named with the command where a model folder is expected.</summary>
public sealed class GgufTests
{
    private const string Gemma = "tests/Golden/gguf/models/gemma2-Q4_0.gguf";

    [Test]
    public void Inspect_GgufFile_ShowsKeysTensorsAndTypesWithoutImporting()
    {
        var result = Cli.Run("inspect", Gemma, "--format", "json");

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        var file = JObject.Parse(result.Output);
        Assert.That(file["keys"]!["gemma2.attention.sliding_window"]!["value"]!.ToString(), Is.EqualTo("8"));
        Assert.That(file["tensors"]!["token_embd.weight"]!["type"]!.ToString(), Is.EqualTo("Q8_0"));
        Assert.That(file["tensors"]!["blk.0.attn_q.weight"]!["bits_per_weight"]!.Value<double>(), Is.EqualTo(4.5));
        Assert.That(file.Value<double>("bits_per_weight"), Is.EqualTo(5.15).Within(0.01));
        Assert.That(file["notes"]!.ToString(), Does.Contain("gemma2.rope.freq_base is 10000"));
        Assert.That(file["refused"]!.Type, Is.EqualTo(JTokenType.Null));
    }

    [Test]
    public void Import_GgufFile_WritesWhatWasAssumed()
    {
        using var folder = new TemporaryFolder();

        var imported = Cli.Run("import", Gemma, folder.At("gemma"));
        var inspected = Cli.Run("inspect", folder.At("gemma"));
        var verified = Cli.Run("verify", folder.At("gemma"));

        Assert.That(imported.ExitCode, Is.Zero, imported.Errors);
        Assert.That(imported.Output, Does.Contain("note: not in the file: gemma2.rope.freq_base is 10000").And.Contain("check: the folder opens"));
        Assert.That(inspected.Output, Does.Contain("assumed    gemma2.rope.freq_base is 10000"));
        Assert.That(verified.ExitCode, Is.Zero, verified.Output);
    }

    [Test]
    public void Run_GgufFileAsModel_SaysTheCommandToType()
    {
        var result = Cli.Run("run", "--plugin", "ov-pairs", "--model", Gemma);

        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Errors, Does.Contain($"pluginlens import {Gemma} <new folder>"));
    }
}
