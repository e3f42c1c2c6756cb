using PluginLens.Import.Probe;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Recognition;

/// <summary>x·W + b in the source graph: a MatMul or Gemm with a constant matrix, and the Add of a constant bias behind it.</summary>
/// <param name="Node">The product's node.</param>
/// <param name="Input">What is multiplied.</param>
/// <param name="Output">The result with bias.</param>
/// <param name="Matrix">Name of the constant matrix.</param>
/// <param name="Transposed">The matrix is stored [out, in].</param>
/// <param name="Alpha">Factor on the product.</param>
/// <param name="Bias">Name of the constant bias, or null.</param>
/// <param name="In">Columns of x.</param>
/// <param name="Out">Columns of the result.</param>
internal sealed record Linear(NodeProto Node, string Input, string Output, string Matrix, bool Transposed, float Alpha, string? Bias, int In, int Out)
{
    /// <summary>The matrix as <c>[in, out]</c>.</summary>
    public float[] Weights(ProbeRun run)
    {
        var stored = run[Matrix].Values;
        if (!Transposed && Alpha == 1)
        {
            return stored;
        }

        var weights = new float[stored.Length];
        for (var i = 0; i < In; i++)
        {
            for (var o = 0; o < Out; o++)
            {
                weights[(i * Out) + o] = Alpha * (Transposed ? stored[(o * In) + i] : stored[(i * Out) + o]);
            }
        }

        return weights;
    }

    /// <summary>The bias <c>[out]</c>, or null; one number stands for all.</summary>
    public float[]? Biases(ProbeRun run)
    {
        if (Bias is null)
        {
            return null;
        }

        var stored = run[Bias].Values;
        return stored.Length == Out ? stored : [.. Enumerable.Repeat(stored[0], Out)];
    }
}
