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
    public void Run_OneModelAtTwoPrecisions_GivesListsThatCanBeCompared()
    {
        using var folder = new TemporaryFolder();
        var lists = new[] { ("f16", "models/llama3-f16.gguf"), ("q4", "pair/llama3-Q4_0.gguf") }.Select(model =>
        {
            Cli.Run("import", $"tests/Golden/gguf/{model.Item2}", folder.At(model.Item1));
            var run = Cli.Run("run", "--plugin", "ov-pairs", "--model", folder.At(model.Item1), "--k", "50", "--format", "json");
            Assert.That(run.ExitCode, Is.Zero, run.Errors);
            return JObject.Parse(run.Output)["tables"]!["ov-pairs"]!.ToList();
        }).ToList();

        static string Text(JToken row, params string[] columns) => string.Join(' ', columns.Select(column => row[column]));
        Assert.That(lists[1].Select(row => Text(row, "layer", "head", "rank")), Is.EqualTo(lists[0].Select(row => Text(row, "layer", "head", "rank"))));
        var pairs = lists.ConvertAll(rows => rows.Select(row => Text(row, "layer", "head", "input_id", "output_id")).ToHashSet());
        Assert.That(pairs[0].Intersect(pairs[1]).Count() / (double)pairs[0].Count, Is.InRange(0.5, 0.95), "most pairs are the same, and four bits are not sixteen");
    }

    [Test]
    public void Run_ImportedAsStored_NamesTheTypesThatTheListsCanBeComparedBy()
    {
        using var folder = new TemporaryFolder();
        Cli.Run("import", Gemma, folder.At("stored"));
        Cli.Run("import", Gemma, folder.At("half"), "--dtype", "float16");

        var inspected = JObject.Parse(Cli.Run("inspect", folder.At("stored"), "--format", "json").Output);
        var lists = new[] { "stored", "half" }.Select(model =>
        {
            var run = Cli.Run("run", "--plugin", "ov-pairs", "--model", folder.At(model), "--layer", "0", "--head", "1", "--k", "20", "--out", folder.At($"{model}-run"));
            Assert.That(run.ExitCode, Is.Zero, run.Errors);
            return JObject.Parse(File.ReadAllText(folder.At($"{model}-run/run.json")));
        }).ToList();

        Assert.That(inspected["stored"]!["blocks.0.attn.W_Q"]!.ToString(Newtonsoft.Json.Formatting.None), Is.EqualTo("{\"type\":\"Q4_0\",\"bits\":4.5}"));
        Assert.That(lists[0]["notes"]![0]!.ToString(), Is.EqualTo("stored: weights as stored: Q4_0, Q8_0"));
        Assert.That(lists[1]["notes"]![0]!.ToString(), Is.EqualTo("half: weights as stored: F16"));
        Assert.That(lists[1]["tables"]!.ToString(), Is.EqualTo(lists[0]["tables"]!.ToString()), "the same columns and rows, so that lists can be compared");
    }

    [Test]
    public void Run_GgufFileAsModel_SaysTheCommandToType()
    {
        var result = Cli.Run("run", "--plugin", "ov-pairs", "--model", Gemma);

        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Errors, Does.Contain($"pluginlens import {Gemma} <new folder>"));
    }
}
