using System.Text.Json.Nodes;
using Microsoft.ML.OnnxRuntime;
using PluginLens.Tests.Shared;

namespace PluginLens.Models.Tests.Verification;

/// <summary>The real decoder in the repository against what an independent implementation computed in float64 from the same quantised weights.</summary>
public sealed class SmolLmTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "models", "onnx", "smollm2-135m");
    private static readonly string Golden = Path.Combine(Repository.Root, "tests", "Golden", "smollm2-135m");
    private OnnxModel _model = null!;

    [OneTimeSetUp]
    public void Open() => _model = ModelFolder.Open(Folder, new OpenOptions { Device = Device.Cpu });

    [OneTimeTearDown]
    public void Close() => _model.Dispose();

    [TestCase("capital")]
    [TestCase("ioi")]
    [TestCase("repeat")]
    [TestCase("single")]
    public void Run_Prompt_EqualsTheReference(string name)
    {
        var reference = new SafetensorsFile(Path.Combine(Golden, "golden.safetensors"));
        var facts = JsonNode.Parse(File.ReadAllText(Path.Combine(Golden, "golden.json")))![name]!;
        int[] ids = [.. facts["ids"]!.AsArray().Select(id => (int)id!)];
        int[] read = [0, 10, 20, 29];
        string[] patterns = ["blocks.16.attn.hook_pattern", "blocks.18.attn.hook_pattern"];

        var run = _model.Run(new ModelInput(ids), [.. Enumerable.Range(0, 30).Select(layer => $"blocks.{layer}.hook_resid_post"), .. patterns, "logits"]);

        Assert.That(facts["text"] is { } text ? _model.Tokenizer!.Encode((string)text!) : ids, Is.EqualTo(ids));
        var logits = run["logits"][0].AsMatrix().Row(ids.Length - 1).ToArray();
        Assert.That(Largest(logits, reference.Floats($"{name}.logits_last").Span), Is.LessThanOrEqualTo(2e-4));
        Assert.That(logits.Index().OrderByDescending(entry => entry.Item).Take(10).Select(entry => entry.Index), Is.EqualTo(facts["top10"]!.AsArray().Select(entry => (int)entry![0]!)));
        var largest = 0.0f;
        for (var layer = 0; layer < 30; layer++)
        {
            // What was added and taken away again leaves its rounding: dimension 507 of the first position is 873 behind layer 2 and -10 behind layer 10.
            var state = run[$"blocks.{layer}.hook_resid_post"][0].AsMatrix().Row(ids.Length - 1);
            largest = Math.Max(largest, Largest(state, new float[state.Length]));
            if (read.Contains(layer))
            {
                Assert.That(Largest(state, reference.Floats($"{name}.blocks.{layer}.hook_resid_post_last").Span), Is.LessThanOrEqualTo(3e-6 * largest), $"layer {layer}");
            }
        }

        foreach (var (layer, head) in new[] { (16, 0), (18, 6), (18, 8) })
        {
            var expected = reference.Floats($"{name}.blocks.{layer}.attn.hook_pattern.{head}");
            Assert.That(Largest(run[$"blocks.{layer}.attn.hook_pattern"][0][head].Span, expected.Span), Is.LessThanOrEqualTo(1e-5), $"{layer}.{head}");
        }
    }

    [Test]
    public void BareSession_GivesTheSameLogits()
    {
        long[] ids = [504, 3575, 282, 4649, 314];
        using var options = new SessionOptions { GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL };
        using var session = new InferenceSession(Path.Combine(Folder, "model.onnx"), options);
        using var input = OrtValue.CreateTensorValueFromMemory(ids, [1, ids.Length]);
        using var run = new RunOptions();
        using var outputs = session.Run(run, ["input_ids"], [input], ["logits"]);

        var logits = _model.Run(new ModelInput(Array.ConvertAll(ids, id => (int)id)), ["logits"])["logits"];
        Assert.That(Largest(outputs[0].GetTensorDataAsSpan<float>(), logits.Span), Is.LessThanOrEqualTo(1e-4));
    }

    private static float Largest(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        var largest = 0f;
        for (var at = 0; at < x.Length; at++)
        {
            largest = Math.Max(largest, Math.Abs(x[at] - y[at]));
        }

        return largest;
    }
}
