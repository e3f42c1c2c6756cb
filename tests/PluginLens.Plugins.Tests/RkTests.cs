using PluginLens.Plugins.States;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>rk-overlap</c> and <c>rk-final</c> equal the naive sets; states and activities are made up, nothing else is.</summary>
public sealed class RkTests
{
    private static readonly int[] Text = [3, 1, 4, 1, 5, 9];

    [Test]
    public void Overlap_EqualsTheNaiveSets([Values] bool tied, [Values] bool gated, [Values(1, 4)] int m)
    {
        var model = Running(VectorModels.Make(tied, gated));
        var rows = TestRun.Execute(new RkOverlap(), model, new RkOptions { K = 8, M = m }, [new Prompt(null, Text)]).Rows<RkRow>("rk-overlap");

        Assert.That(rows, Has.Count.EqualTo(8));
        foreach (var row in rows)
        {
            var (aligned, random) = Naively(model, row.Layer, row.Layer, row.Group, 8, m);
            Assert.That(row.Rk, Is.EqualTo(aligned).Within(1e-12), $"{row}");
            Assert.That(row.Random, Is.EqualTo(random).Within(1e-12), $"{row}");
            Assert.That(row.Positions, Is.EqualTo(6));
        }
    }

    [Test]
    public void Final_ComparesEveryLayerWithTheLastState()
    {
        var model = Running(VectorModels.Make());
        foreach (var row in TestRun.Execute(new RkFinal(), model, new RkOptions { K = 8, M = 3 }, [new Prompt(null, Text)]).Rows<RkRow>("rk-final"))
        {
            var (aligned, random) = Naively(model, row.Layer, 1, row.Group, 8, 3);
            Assert.That((row.Rk, row.Random), Is.EqualTo((aligned, random)).Within(1e-12));
        }
    }

    [Test]
    public void Defaults_AreThoseOfThePaper() => Assert.That((new RkOptions().K, new RkOptions().M), Is.EqualTo((100, 5)));

    [Test]
    public void PositionsAndLayer_LimitWhatIsScored()
    {
        var options = new RkOptions { Positions = 4, Layer = Selection.Parse("1") };
        var rows = TestRun.Execute(new RkOverlap(), Running(VectorModels.Make()), options, [new Prompt(null, Text[..3]), new Prompt(null, Text)]).Rows<RkRow>("rk-overlap");

        Assert.That(rows.Select(row => (row.Layer, row.Positions)), Is.All.EqualTo((1, 4)));
    }

    [Test]
    public void OnlyAscii_DividesByWhatIsLeft()
    {
        var model = Running(VectorModels.Make().WithTokenizer(new FakeTokenizer(Enumerable.Range(0, VectorModels.V).Select(id => id % 2 == 0 ? $" w{id}" : $" ä{id}"))));

        var rows = TestRun.Execute(new RkOverlap(), model, new RkOptions { K = 12, M = 3, OnlyAscii = true }, [new Prompt(null, Text)]).Rows<RkRow>("rk-overlap");

        Assert.That(rows, Has.Count.EqualTo(8));
        foreach (var row in rows)
        {
            var (aligned, random) = Naively(model, row.Layer, row.Layer, row.Group, 12, 3, id => id % 2 == 0);
            Assert.That(row.Rk, Is.EqualTo(aligned).Within(1e-12), $"{row}");
            Assert.That(row.Random, Is.EqualTo(random).Within(1e-12), $"{row}");
        }
    }

    [Test]
    public void FigureNames_AreKebabCase() => Assert.That(
        TestRun.Execute(new RkOverlap(), Running(VectorModels.Make()), new RkOptions { K = 4 }, [new Prompt(null, Text)]).Figures.Keys,
        Is.EquivalentTo(new[] { "rk-overlap-k", "rk-overlap-v", "rk-overlap-w-v", "rk-overlap-w-o" }));

    [Test]
    public void Head_TakesStatesThroughTheMaskedLmHead()
    {
        // The head's norm hands on what stands in for the last block, times gain 2, plus bias along coordinate 0.
        var traits = new HashSet<Trait> { Trait.PostNorm, Trait.MaskedLmHead };
        var model = VectorModels.Make().WithConfig(config => config with { Traits = traits });
        model = Running(model, "hook_normalized_resid_post");
        float[] bias = [30, .. new float[VectorModels.D - 1]];
        model = model.WithWeight("mlm_head.W", new float[64], 8, 8).WithWeight("mlm_head.ln.w", [.. Enumerable.Repeat(2f, 8)], 8).WithWeight("mlm_head.ln.b", bias, 8)
            .WithHook("mlm_head.ln.hook_normalized", ["batch", "pos", "8"], input => input.Replace["blocks.1.hook_normalized_resid_post"]);

        var rows = TestRun.Execute(new RkOverlap(), model, new RkOptions { K = 8, M = 3, Head = true, Layer = Selection.Parse("0") }, [new Prompt(null, Text)]).Rows<RkRow>("rk-overlap");

        foreach (var row in rows)
        {
            var tops = Enumerable.Range(0, 6).Select(position =>
            {
                var state = State(0, Text).Span.Slice(position * 8, 8).ToArray().Select((value, at) => (2.0 * value) + bias[at]).ToArray();
                return VectorModels.Top([.. VectorModels.Scores(model, state, "V").Select((score, token) => score + model.Weight("unembed.b_U").Span[token])], 8);
            }).ToArray();
            Assert.That(row.Rk, Is.EqualTo(tops.Select((top, position) => top.Count(Union(model, 0, row.Group, position, 8, 3).Contains) / 8.0).Average()).Within(1e-12));
        }
    }

    [Test]
    public void Head_WithoutOne_IsRefused() => Assert.That(
        () => TestRun.Execute(new RkOverlap(), Running(VectorModels.Make()), new RkOptions { Head = true }, [new Prompt(null, Text)]),
        Throws.TypeOf<UsageException>().With.Message.Contains("no masked-LM head"));

    private static (double Aligned, double Random) Naively(FakeModel model, int layer, int stateLayer, string group, int k, int m, Func<int, bool>? passes = null)
    {
        var tops = Enumerable.Range(0, 6).Select(position =>
        {
            var state = State(stateLayer, Text).Span.Slice(position * 8, 8).ToArray();
            var (mean, gain, shift) = (state.Average(), model.Weight("ln_final.w").Data, model.Weight("ln_final.b").Data);
            var scale = Math.Sqrt(state.Average(value => (double)(value - mean) * (value - mean)) + 1e-5);
            var normed = state.Select((value, at) => ((value - mean) / scale * gain.Span[at]) + shift.Span[at]).ToArray();
            return VectorModels.Top([.. VectorModels.Scores(model, normed, "V").Select((score, token) => score + model.Weight("unembed.b_U").Span[token])], k);
        }).Select(top => top.Where(passes ?? (_ => true)).ToArray()).ToArray();
        var unions = Enumerable.Range(0, 6).Select(position => Union(model, layer, group, position, k, m)).ToArray();
        double Share(int[] top, HashSet<int> union) => top.Length == 0 ? 0 : top.Count(union.Contains) / (double)top.Length;
        return (
            tops.Zip(unions, Share).Average(),
            (from top in tops from union in unions select Share(top, union)).Average());
    }

    private static HashSet<int> Union(FakeModel model, int layer, string group, int position, int k, int m)
    {
        var activity = group is "K" or "V" ? Activity(layer, 10, Text) : Activity(layer + 7, 12, Text);
        var width = group is "K" or "V" ? 10 : 12;
        var active = Enumerable.Range(0, width).OrderByDescending(at => activity[(position * width) + at]).Take(m);
        return [.. active.SelectMany(at => VectorModels.Top(VectorModels.Scores(model, VectorModels.Vectors(model, group, layer)[at], group), k))];
    }

    private static FakeModel Running(FakeModel model, string state = "hook_resid_post")
    {
        for (var index = 0; index < 2; index++)
        {
            var layer = index;
            model = model.WithHook($"blocks.{layer}.{state}", ["batch", "pos", "8"], input => State(layer, input.Tokens[0]))
                .WithHook($"blocks.{layer}.attn.hook_z", ["batch", "pos", "4", "3"], input => new Tensor("z", Activity(layer + 7, 12, input.Tokens[0]), 1, input.Tokens[0].Length, 4, 3))
                .WithHook($"blocks.{layer}.mlp.{(model.Config.GatedMlp ? "hook_post" : "hook_pre")}", ["batch", "pos", "10"], input => new Tensor("pre", Activity(layer, 10, input.Tokens[0]), 1, input.Tokens[0].Length, 10));
        }

        return model;
    }

    private static Tensor State(int layer, int[] tokens) => new("state", Activity(layer + 20, 8, tokens), 1, tokens.Length, 8);

    /// <summary>Numbers that depend on kind, position and token.</summary>
    private static float[] Activity(int kind, int width, int[] tokens) =>
        [.. tokens.SelectMany((token, position) => { var random = new Random((kind * 1000) + (position * 50) + token); return Enumerable.Range(0, width).Select(_ => (float)(random.NextDouble() - 0.4)); })];
}
