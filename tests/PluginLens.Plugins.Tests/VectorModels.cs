using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>Small models of every kind that parameter vectors come in, and their naive word lists.</summary>
internal static class VectorModels
{
    public const int V = 47;
    public const int D = 8;

    /// <summary>Tied and untied, grouped queries, gated MLPs.</summary>
    public static FakeModel Make(bool tied = false, bool gated = false, int seed = 1)
    {
        var sizes = new ModelConfig { DModel = D, NHeads = 4, NKeyValueHeads = 2, NLayers = 2, DHead = 3, DVocab = V, DMlp = 10, NCtx = 8, Tied = tied, GatedMlp = gated };
        var model = FakeModel.Gpt2Like(sizes, seed);
        var gates = FakeModel.Gpt2Like(sizes, seed + 100);
        return !gated ? model : Enumerable.Range(0, 2).Aggregate(
            model, (made, layer) => made.WithWeight($"blocks.{layer}.mlp.W_gate", gates.Weight($"blocks.{layer}.mlp.W_in").Data.ToArray(), D, 10));
    }

    /// <summary>The vectors of a group, straight from the weights: <c>K</c>, <c>V</c>, <c>W_Q</c>, <c>W_K</c>, <c>W_V</c> (a query head's), <c>W_O</c>.</summary>
    public static List<double[]> Vectors(FakeModel model, string group, int layer)
    {
        var config = model.Config;
        IEnumerable<Matrix> parts = group switch
        {
            "K" => [model.Weight($"blocks.{layer}.mlp.{(config.GatedMlp ? "W_gate" : "W_in")}").AsMatrix().Transpose()],
            "K_in" => [model.Weight($"blocks.{layer}.mlp.W_in").AsMatrix().Transpose()],
            "V" => [model.Weight($"blocks.{layer}.mlp.W_out").AsMatrix()],
            "W_Q" => Enumerable.Range(0, config.NHeads).Select(head => model.WQ(layer, head).Transpose()),
            "W_K" => Enumerable.Range(0, config.NHeads).Select(head => model.WK(layer, head).Transpose()),
            "W_V" => Enumerable.Range(0, config.NHeads).Select(head => model.WV(layer, head).Transpose()),
            _ => Enumerable.Range(0, config.NHeads).Select(head => model.WO(layer, head)),
        };
        return [.. parts.SelectMany(part => Enumerable.Range(0, part.Rows).Select(row =>
        {
            var vector = new float[part.Columns];
            part.CopyRow(row, vector);
            return Array.ConvertAll(vector, value => (double)value);
        }))];
    }

    /// <summary>Products of a vector with every token: W_E for what reads the stream, W_U for what writes it.</summary>
    public static double[] Scores(FakeModel model, double[] vector, string group)
    {
        var tokens = Naive.Dense(group is "V" or "W_O" ? model.WU.Transpose() : model.WE);
        return [.. Enumerable.Range(0, V).Select(token => Enumerable.Range(0, D).Sum(at => vector[at] * tokens[token, at]))];
    }

    /// <summary>Ids, best first.</summary>
    public static int[] Top(double[] scores, int k, Func<double, double>? by = null) =>
        [.. Enumerable.Range(0, scores.Length).OrderByDescending(token => by is null ? scores[token] : by(scores[token])).ThenBy(token => token).Take(k)];
}
