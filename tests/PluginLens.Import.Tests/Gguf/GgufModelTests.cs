using System.Text.Json;
using System.Text.Json.Nodes;
using PluginLens.Import.Gguf;
using PluginLens.Models;
using PluginLens.Tests.Shared;

namespace PluginLens.Import.Tests.Gguf;

/// <summary>A model of each architecture gives the tensors, the canonical weights and the configuration that are written beside it, and computes what the reference computes.</summary>
[TestFixtureSource(typeof(GoldenGguf), nameof(GoldenGguf.Models))]
public sealed class GgufModelTests(string name)
{
    private const float Tolerance = 1e-4f;
    private const double Rounding = 1e-6;

    // The reference keeps every 16th entry of the vocabulary (of the state, for an encoder), and every third query of the scores.
    private const int EveryColumn = 16;
    private const int EveryQuery = 3;
    private readonly JsonNode _expected = JsonNode.Parse(File.ReadAllText(GoldenGguf.Model(name, "json")))!;
    private ImportedModel _imported = null!;

    [OneTimeSetUp]
    public void Import() => _imported = new ImportedModel(GoldenGguf.Model(name));

    [OneTimeTearDown]
    public void Delete() => _imported.Dispose();

    [Test]
    public void Tensors_AreThoseOfTheLibrary()
    {
        using var source = GgufSource.Open(GoldenGguf.Model(name));
        Assert.That(source.Tensors.Select(t => t.Name), Is.EquivalentTo(_expected["tensors"]!.AsObject().Select(p => p.Key)));
        foreach (var tensor in source.Tensors)
        {
            var expected = _expected["tensors"]![tensor.Name]!;
            Assert.That(tensor.Type.Name, Is.EqualTo(expected["type"]!.GetValue<string>()), tensor.Name);
            Assert.That(tensor.Shape, Is.EqualTo(expected["shape"].Deserialize<long[]>()), tensor.Name);
            Assert.That(GoldenGguf.Hash(tensor.Read()), Is.EqualTo(expected["float32_sha256"]!.GetValue<string>()), tensor.Name);
        }
    }

    [Test]
    public void Weights_AreCanonicalBitForBit()
    {
        Assert.That(_imported.Model.WeightNames, Is.EquivalentTo(_expected["weights"]!.AsObject().Select(p => p.Key)));
        foreach (var weight in _imported.Model.WeightNames)
        {
            var (found, expected) = (_imported.Model.Weight(weight), _expected["weights"]![weight]!);
            Assert.That(found.Shape, Is.EqualTo(expected["shape"].Deserialize<int[]>()), weight);
            Assert.That(GoldenGguf.Hash(found.Span), Is.EqualTo(expected["float32_sha256"]!.GetValue<string>()), weight);
        }
    }

    [Test]
    public void Configuration_IsWhatAReaderMustFind()
    {
        foreach (var (key, value) in _expected["model"]!.AsObject())
        {
            var found = _imported.Model.Config.Metadata.GetValueOrDefault(key, "false");
            Assert.That(Close(value!.GetValueKind() == JsonValueKind.String ? found : JsonNode.Parse(found), value), Is.True, $"{key} is {found}, expected {value}");
        }
    }

    [Test]
    public void Run_GivesTheReference()
    {
        var reference = new SafetensorsFile(GoldenGguf.Model(name, "safetensors"));
        var (ids, config) = (reference.Rows("input_ids"), _imported.Model.Config);
        var isEncoder = config.AttentionDir == "bidirectional";
        var output = isEncoder ? $"blocks.{config.NLayers - 1}.hook_normalized_resid_post" : "logits";
        var run = _imported.Model.Run(new ModelInput(ids, isEncoder ? [.. ids.Select(row => row.Select(_ => 1).ToArray())] : null), [output, "blocks.0.attn.hook_attn_scores"]);

        AssertClose(run[output], 2, EveryColumn, reference.Floats(isEncoder ? "last_hidden_state.every16" : "logits.every16"));
        AssertClose(run["blocks.0.attn.hook_attn_scores"], 2, EveryQuery, reference.Floats("scores"));
    }

    /// <summary>Compares every n-th entry of an axis with the reference.</summary>
    private static void AssertClose(Tensor found, int axis, int every, Tensor expected)
    {
        var inner = found.Shape.Skip(axis + 1).Aggregate(1, (a, b) => a * b);
        var (extent, at) = (found.Shape[axis], 0);
        for (var i = 0; i < found.Span.Length; i++)
        {
            if (i / inner % extent % every != 0)
            {
                continue;
            }

            var (x, y) = (found.Span[i], expected.Span[at++]);
            Assert.That(x == y || Math.Abs(x - y) <= Tolerance, Is.True, $"{found.Name}: element {i} is {x:R}, the reference says {y:R}");
        }

        Assert.That(at, Is.EqualTo(expected.Span.Length), found.Name);
    }

    /// <summary>Angles, scales and the like are computed in float32 here, in float64 there.</summary>
    private static bool Close(JsonNode? found, JsonNode? expected) => (found, expected) switch
    {
        (JsonArray x, JsonArray y) => x.Count == y.Count && x.Zip(y).All(pair => Close(pair.First, pair.Second)),
        (JsonObject x, JsonObject y) => x.Count == y.Count && x.All(p => y.ContainsKey(p.Key) && Close(p.Value, y[p.Key])),
        (JsonValue x, JsonValue y) when y.GetValueKind() == JsonValueKind.Number => Math.Abs((double)x - (double)y) <= Rounding * Math.Abs((double)y),
        _ => JsonNode.DeepEquals(found, expected),
    };
}
