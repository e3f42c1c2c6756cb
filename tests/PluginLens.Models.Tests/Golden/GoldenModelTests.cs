using System.Text.Json;
using PluginLens.Models.Format;
using PluginLens.Tests.Shared;

namespace PluginLens.Models.Tests.Golden;

/// <summary>Every architecture, exported and opened, against activations that independent implementations computed.</summary>
[TestFixtureSource(typeof(Repository), nameof(Repository.CheckpointNames))]
public sealed class GoldenModelTests(string name)
{
    private const float Tolerance = 1e-4f;
    private OnnxModel _model = null!;

    [OneTimeSetUp]
    public void Open() => _model = ModelFolder.Open(ExportedFixtures.Get(name), new OpenOptions { Device = Device.Cpu });

    [OneTimeTearDown]
    public void Close() => _model.Dispose();

    [TestCase("activations")]
    [TestCase("one_token")]
    [TestCase("full_context")]
    public void Run_EveryHook_EqualsTheReference(string file)
    {
        var reference = Reference(file);
        var hooks = reference.Names.Where(tensor => _model.Hooks.ContainsKey(tensor)).ToList();
        var missing = reference.Names.Except(hooks).Except(["input_ids", "attention_mask", "token_type_ids"]);
        var mask = reference.Has("attention_mask") ? reference.Rows("attention_mask") : null;

        var run = _model.Run(Input(reference), hooks);

        Assert.That(missing, Is.Empty, "reference tensors that the model has no hook for");
        foreach (var hook in hooks)
        {
            AssertClose(run[hook], reference.Floats(hook), mask);
        }
    }

    [Test]
    public void Weights_EqualTheCheckpoint()
    {
        var reference = Reference("weights");

        Assert.That(_model.WeightNames, Is.EquivalentTo(reference.Names));
        foreach (var weight in reference.Names)
        {
            // Exact but for factors folded into weights (Gemma's sqrt(d)), which are rounded once.
            AssertClose(_model.Weight(weight), reference.Floats(weight), null, tolerance: 1e-6f);
        }
    }

    [Test]
    public void Metadata_SayWhatTheReferenceSays()
    {
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Checkpoints, name, "reference", "model.json")));
        foreach (var entry in expected.RootElement.EnumerateObject())
        {
            var written = _model.Config.Metadata.GetValueOrDefault(entry.Name);
            Assert.That(written, Is.Not.Null, entry.Name);
            if (entry.Value.ValueKind == JsonValueKind.String)
            {
                Assert.That(written, Is.EqualTo(entry.Value.GetString()), entry.Name);
            }
            else
            {
                using var found = JsonDocument.Parse(written!);
                Assert.That(Same(found.RootElement, entry.Value), Is.True, $"{entry.Name}: {written} instead of {entry.Value}");
            }
        }
    }

    /// <summary>Equal JSON; numbers to float32 precision, in which rotary frequencies are computed.</summary>
    private static bool Same(JsonElement x, JsonElement y) => (x.ValueKind, y.ValueKind) switch
    {
        (JsonValueKind.Array, JsonValueKind.Array) => x.GetArrayLength() == y.GetArrayLength() && x.EnumerateArray().Zip(y.EnumerateArray()).All(pair => Same(pair.First, pair.Second)),
        (JsonValueKind.Number, JsonValueKind.Number) => Math.Abs(x.GetDouble() - y.GetDouble()) <= 1e-6 * Math.Abs(y.GetDouble()),
        _ => JsonElement.DeepEquals(x, y),
    };

    [Test]
    public void Run_StartingAtEveryBlock_ReproducesTheFullRun()
    {
        var reference = Reference("activations");
        var input = Input(reference);
        var last = _model.Hooks.ContainsKey("logits") ? "logits" : $"blocks.{_model.Config.NLayers - 1}.hook_resid_post";
        var starts = Enumerable.Range(0, _model.Config.NLayers).Select(layer => $"blocks.{layer}.hook_resid_pre").ToList();
        var full = _model.Run(input, [.. starts, last]);

        foreach (var start in starts)
        {
            var partial = _model.Run(input with { Replace = new Dictionary<string, Tensor> { [start] = full[start] } }, [last]);
            AssertClose(partial[last], full[last], null, tolerance: 0);
        }
    }

    private SafetensorsFile Reference(string file) => new(Path.Combine(Repository.Checkpoints, name, "reference", $"{file}.safetensors"));

    private static ModelInput Input(SafetensorsFile reference) => new(reference.Rows("input_ids"), reference.Has("attention_mask") ? reference.Rows("attention_mask") : null)
    {
        TokenTypeIds = reference.Has("token_type_ids") ? reference.Rows("token_type_ids") : null,
    };

    /// <summary>Compares where the mask is one: padding positions hold whatever they hold.</summary>
    internal static void AssertClose(Tensor found, Tensor expected, int[][]? mask, float tolerance = Tolerance)
    {
        Assert.That(found.Shape, Is.EqualTo(expected.Shape), found.Name);
        var x = found.Span;
        var y = expected.Span;
        var rows = mask is null ? 1 : mask.Length;
        for (var at = 0; at < x.Length; at++)
        {
            if (mask is not null && IsPadding(expected.Shape, mask, at, rows))
            {
                continue;
            }

            if (!(Math.Abs(x[at] - y[at]) <= tolerance) && !(float.IsNegativeInfinity(x[at]) && float.IsNegativeInfinity(y[at])))
            {
                Assert.Fail($"{found.Name}: element {at} is {x[at]:R}, the reference says {y[at]:R}.");
            }
        }
    }

    /// <summary>Whether a flat index belongs to a padded position: dimension 1, or dimension 2 of [batch, head, query, key].</summary>
    private static bool IsPadding(IReadOnlyList<int> shape, int[][] mask, int flat, int rows)
    {
        var index = new int[shape.Count];
        for (var dimension = shape.Count - 1; dimension >= 0; dimension--)
        {
            (flat, index[dimension]) = Math.DivRem(flat, shape[dimension]);
        }

        var byHead = shape.Count == 4 && shape[2] == mask[0].Length && shape[3] == mask[0].Length;
        var position = byHead ? index[2] : index[1];
        return index[0] < rows && position < mask[0].Length && mask[index[0]][position] == 0;
    }
}
