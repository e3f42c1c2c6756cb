using PluginLens.Numerics;

namespace PluginLens.Toolkit.Tests;

public sealed class HeadPatternsTests
{
    private static readonly CpuCompute Compute = new();

    /// <summary>A score is a dot product with a pattern: <c>q · (x W_K + b_K) = (q W_Kᵀ) · x + q · b_K</c>, and the same from the key's side.</summary>
    [Test]
    public void Patterns_OnBothSides_GiveTheHeadsOwnScores([Values(4, 2)] int keyValueHeads, [Values] bool biases)
    {
        var model = Models.Make(change: config => config with { NKeyValueHeads = keyValueHeads });
        var heads = new HeadPatterns(model, Compute);
        var (layer, head, stored) = (1, 3, keyValueHeads == 4 ? 3 : 1);
        var (queryInput, keyInput) = (Models.Vectors(2, 12, seed: 1), Models.Vectors(3, 12, seed: 2));

        var queries = heads.Read(layer, head, HeadMatrix.Q, queryInput, biases);
        var keys = heads.Read(layer, head, HeadMatrix.K, keyInput, biases);
        var (ofQueries, ofKeys) = (heads.OfQueries(layer, head, queries), heads.OfKeys(layer, head, keys));

        for (var q = 0; q < 2; q++)
        {
            for (var k = 0; k < 3; k++)
            {
                var (query, key) = (Projected(model, "Q", head, Naive.Row(queryInput, q), biases), Projected(model, "K", stored, Naive.Row(keyInput, k), biases));
                var score = Naive.Dot(query, key);
                Assert.That(Naive.Dot(Naive.Row(queries, q), Naive.Row(keys, k)), Is.EqualTo(score).Within(1e-6));
                Assert.That(Naive.Dot(Naive.Row(ofQueries, q), Naive.Row(keyInput, k)) + (biases ? Naive.Dot(query, Bias(model, "K", stored)) : 0), Is.EqualTo(score).Within(1e-6));
                Assert.That(Naive.Dot(Naive.Row(ofKeys, k), Naive.Row(queryInput, q)) + (biases ? Naive.Dot(key, Bias(model, "Q", head)) : 0), Is.EqualTo(score).Within(1e-6));
            }
        }
    }

    [Test]
    public void Messages_AreValuesThroughWO([Values(4, 2)] int keyValueHeads, [Values] bool biases)
    {
        var model = Models.Make(change: config => config with { NKeyValueHeads = keyValueHeads });
        var heads = new HeadPatterns(model, Compute);
        var x = Models.Vectors(2, 12);

        var messages = heads.Messages(1, 2, heads.Read(1, 2, HeadMatrix.V, x, biases));

        for (var row = 0; row < 2; row++)
        {
            var value = Projected(model, "V", keyValueHeads == 4 ? 2 : 1, Naive.Row(x, row), biases);
            Assert.That(Naive.Row(messages, row), Is.EqualTo(Naive.Times(value, model.Weight("blocks.1.attn.W_O")[2].AsMatrix())).Within(1e-6));
        }
    }

    [Test]
    public void WithoutBias_TakesOffWhatReadAdds([Values(4, 2)] int keyValueHeads, [Values(HeadMatrix.Q, HeadMatrix.K, HeadMatrix.V)] HeadMatrix matrix)
    {
        var model = Models.Make(change: config => config with { NKeyValueHeads = keyValueHeads });
        var heads = new HeadPatterns(model, Compute);
        var x = Models.Vectors(3, 12);
        var (with, without) = (heads.Read(1, 3, matrix, x), heads.Read(1, 3, matrix, x, biases: false));

        Assert.That(heads.WithoutBias(1, 3, matrix, with).Data.ToArray(), Is.EqualTo(without.Data.ToArray()).Within(1e-6));
        Assert.That(with.Data.ToArray(), Is.Not.EqualTo(without.Data.ToArray()).Within(1e-3));
    }

    [Test]
    public void WithoutBias_NoBias_IsTheSame()
    {
        var (model, rows) = (Models.Make().WithoutWeight("blocks.0.attn.b_Q"), Models.Vectors(2, 3));

        Assert.That(new HeadPatterns(model, Compute).WithoutBias(0, 1, HeadMatrix.Q, rows).Data.ToArray(), Is.EqualTo(rows.Data.ToArray()));
    }

    /// <summary>Also from rows that do not lie one behind the other.</summary>
    [Test]
    public void Stacked_HoldsTheFirstHeadFirst()
    {
        var stacked = HeadPatterns.Stacked([2, 0], head => new Matrix(new float[] { head, 10 + head, 20 + head, 30 + head }, 2, 2).Transpose());

        Assert.That((stacked.Rows, stacked.Columns), Is.EqualTo((4, 2)));
        Assert.That(stacked.Data.ToArray(), Is.EqualTo(new float[] { 2, 22, 12, 32, 0, 20, 10, 30 }));
    }

    /// <summary>Under rotary positions q and k are both rotated; a pattern carries both rotations, so that the other side stays as it is.</summary>
    [Test]
    public void Patterns_Rotated_GiveTheScoreAtTheOffset([Values] bool adjacent, [Values(0, 3)] int offset)
    {
        var model = Models.Make(change: config => config with
        {
            NHeads = 3, DHead = 4, RotaryDim = 4, InvFreq = [1, 0.1], RopeAttentionFactor = 1.2, RotaryAdjacentPairs = adjacent,
        });
        var (heads, config) = (new HeadPatterns(model, Compute), model.Config);
        var (queryInput, keyInput) = (Models.Vectors(1, 12, seed: 1), Models.Vectors(1, 12, seed: 2));
        var (query, key) = (heads.Read(0, 2, HeadMatrix.Q, queryInput, biases: false), heads.Read(0, 2, HeadMatrix.K, keyInput, biases: false));

        var score = Naive.Dot(Naive.Row(Rotated(query, 5 + offset), 0), Naive.Row(Rotated(key, 5), 0));
        Assert.That(Naive.Dot(Naive.Row(heads.OfQueries(0, 2, Rotated(query, offset, 0)), 0), Naive.Row(keyInput, 0)), Is.EqualTo(score).Within(1e-6));
        Assert.That(Naive.Dot(Naive.Row(heads.OfKeys(0, 2, Rotated(key, -offset, 0)), 0), Naive.Row(queryInput, 0)), Is.EqualTo(score).Within(1e-6));

        Matrix Rotated(Matrix rows, params int[] positions)
        {
            var data = rows.Data.ToArray();
            foreach (var position in positions)
            {
                Rotary.Rotate(data, config, position);
            }

            return new Matrix(data, rows.Rows, rows.Columns);
        }
    }

    [Test]
    public void OfHead_IsAViewOfOneHead([Values(4, 2)] int stored)
    {
        var model = Models.Make(change: config => config with { NKeyValueHeads = 2 });
        var values = Enumerable.Range(0, 2 * 5 * stored * 3).Select(value => (float)value).ToArray();
        var view = new HeadPatterns(model, Compute).OfHead(new Tensor("hook", values, 2, 5, stored, 3), row: 1, head: 2);

        var at = stored == 4 ? 2 : 1;
        Assert.That((view.Rows, view.Columns), Is.EqualTo((5, 3)));
        Assert.That(view.Row(4).ToArray(), Is.EqualTo(Enumerable.Range(0, 3).Select(column => (float)((((((1 * 5) + 4) * stored) + at) * 3) + column))));
    }

    [Test]
    public void Read_WithWO_IsRefused() =>
        Assert.That(() => new HeadPatterns(Models.Make(), Compute).Read(0, 0, HeadMatrix.O, Models.Vectors(1, 12)), Throws.ArgumentException.With.Message.Contains("W_O"));

    private static double[] Bias(Model model, string matrix, int head) => Naive.Row(model.Weight($"blocks.1.attn.b_{matrix}").AsMatrix(), head);

    private static double[] Projected(Model model, string matrix, int head, double[] x, bool biases)
    {
        var projected = Naive.Times(x, model.Weight($"blocks.1.attn.W_{matrix}")[head].AsMatrix());
        return biases ? Naive.Add(projected, Bias(model, matrix, head)) : projected;
    }
}
