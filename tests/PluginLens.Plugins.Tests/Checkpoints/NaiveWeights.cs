using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>A model's weights in float64, read element by element: nothing here is shared with a plugin. Those of small models are read once; nobody writes to them.</summary>
internal sealed class NaiveWeights(Model model)
{
    private const int Small = 1 << 18;
    private static readonly ConditionalWeakTable<Model, ConcurrentDictionary<string, double[][]>> Read = [];

    /// <summary>Columns of a matrix <c>[n,m]</c>, <c>[m][n]</c>.</summary>
    public double[][] Columns(string name) => Once(name, "columns", () => Transposed(Rows(name)));

    /// <summary>Rows of a matrix <c>[n,m]</c>, <c>[n][m]</c>.</summary>
    public double[][] Rows(string name) => Once(name, "rows", () => Cut(model.Weight(name).Data, 0, model.Weight(name).Shape[0], model.Weight(name).Shape[1]));

    /// <summary>A vector, or null where the model has none.</summary>
    public double[]? Vector(string name) => model.HasWeight(name) ? Once(name, "vector", () => Cut(model.Weight(name).Data, 0, 1, model.Weight(name).Data.Length))[0] : null;

    /// <summary>One head of a tensor <c>[h,n,m]</c>, <c>[n][m]</c>.</summary>
    public double[][] Head(string name, int head)
    {
        var shape = model.Weight(name).Shape;
        return Once(name, $"head {head}", () => Cut(model.Weight(name).Data, head * shape[1] * shape[2], shape[1], shape[2]));
    }

    /// <summary>The stored head that a query head uses.</summary>
    /// <param name="name">A weight <c>[h,…]</c> or <c>[kv,…]</c>.</param>
    /// <param name="head">Query head.</param>
    public int Stored(string name, int head) => head / (model.Config.NHeads / model.Weight(name).Shape[0]);

    /// <summary>The vocabulary, <c>[V][d_model]</c>.</summary>
    /// <param name="writes">Whether it meets parameters that write to the stream.</param>
    /// <param name="embedding"><c>Auto</c>, <c>Input</c> or <c>Output</c>.</param>
    public double[][] Vocabulary(bool writes, string embedding = "Auto") =>
        embedding == "Input" || (embedding == "Auto" && !writes) ? Rows("embed.W_E") : Columns("unembed.W_U");

    /// <summary>The vectors of a group in a layer, <c>[n][d_model]</c>: <c>K</c> (W_gate where gated), <c>K_in</c>, <c>V</c>, <c>W_Q</c>, <c>W_K</c>, <c>W_V</c>, <c>W_O</c>.</summary>
    /// <param name="group">Group.</param>
    /// <param name="layer">Layer.</param>
    /// <param name="byQueryHead">Key-value heads once for each of their query heads.</param>
    public double[][] Vectors(string group, int layer, bool byQueryHead = false)
    {
        switch (group)
        {
            case "K":
                return Columns($"blocks.{layer}.mlp.{(model.Config.GatedMlp ? "W_gate" : "W_in")}");
            case "K_in":
                return Columns($"blocks.{layer}.mlp.W_in");
            case "V":
                return Rows($"blocks.{layer}.mlp.W_out");
            default:
                var name = $"blocks.{layer}.attn.{group}";
                var heads = byQueryHead
                    ? Enumerable.Range(0, model.Config.NHeads).Select(head => Head(name, Stored(name, head)))
                    : Enumerable.Range(0, model.Weight(name).Shape[0]).Select(head => Head(name, head));
                return [.. heads.SelectMany(head => group == "W_O" ? head : Transposed(head))];
        }
    }

    /// <summary>Whether a group writes to the stream.</summary>
    public static bool Writes(string group) => group is "V" or "W_O";

    /// <summary>x·y.</summary>
    public static double Dot(double[] x, double[] y)
    {
        var sum = 0.0;
        for (var at = 0; at < x.Length; at++)
        {
            sum += x[at] * y[at];
        }

        return sum;
    }

    /// <summary>A·Bᵀ.</summary>
    public static double[][] Products(double[][] a, double[][] b) => Array.ConvertAll(a, row => Array.ConvertAll(b, other => Dot(row, other)));

    /// <summary>A·B.</summary>
    public static double[][] Multiply(double[][] a, double[][] b) => Products(a, Transposed(b));

    /// <summary>Aᵀ.</summary>
    public static double[][] Transposed(double[][] a) => [.. Enumerable.Range(0, a[0].Length).Select(column => Array.ConvertAll(a, row => row[column]))];

    private double[][] Once(string name, string how, Func<double[][]> read) =>
        model.Weight(name).Data.Length > Small ? read() : Read.GetValue(model, _ => []).GetOrAdd($"{name} {how}", _ => read());

    private static double[][] Cut(ReadOnlyMemory<float> data, int start, int rows, int columns) =>
        [.. Enumerable.Range(0, rows).Select(row => Array.ConvertAll(data.Slice(start + (row * columns), columns).ToArray(), value => (double)value))];
}
