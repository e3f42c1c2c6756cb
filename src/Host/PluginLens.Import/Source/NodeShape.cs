using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Source;

/// <summary>Refuses nodes and inputs that lack what every reader of them relies on.</summary>
internal static class NodeShape
{
    private static readonly Dictionary<string, int> LeastInputs = new(StringComparer.Ordinal)
    {
        ["Constant"] = 0, ["Add"] = 2, ["Sub"] = 2, ["Mul"] = 2, ["Div"] = 2, ["Pow"] = 2, ["MatMul"] = 2, ["Gemm"] = 2, ["Gather"] = 2, ["GatherND"] = 2,
        ["GatherElements"] = 2, ["FusedMatMul"] = 2, ["BiasGelu"] = 2, ["Attention"] = 2, ["SkipLayerNormalization"] = 3, ["MatMulInteger"] = 2, ["MatMulNBits"] = 3, ["DequantizeLinear"] = 2, ["SkipSimplifiedLayerNormalization"] = 3,
        ["EmbedLayerNormalization"] = 7, ["GroupQueryAttention"] = 7, ["com.microsoft.RotaryEmbedding"] = 4, ["RandomNormal"] = 0, ["RandomUniform"] = 0,
    };

    /// <summary>Operators whose second input may be left out: segments of an embedding, keys packed with their queries.</summary>
    private static readonly HashSet<string> OptionalSecond = ["EmbedLayerNormalization", "GroupQueryAttention", "MultiHeadAttention"];

    public static void Check(NodeProto node)
    {
        if (node.Output.Count == 0 || node.Output[0].Length == 0)
        {
            throw new ModelException($"Node '{node.Name}' ({node.Operator()}) has no output; export the model again.");
        }

        var least = LeastInputs.GetValueOrDefault(node.Operator(), LeastInputs.GetValueOrDefault(node.OpType, 1));
        // Inputs may be left out by an empty name; of most operators the first two never are.
        if (node.Input.Count < least || node.Input.Take(Math.Min(least, OptionalSecond.Contains(node.OpType) ? 1 : 2)).Any(i => i.Length == 0))
        {
            throw new ModelException($"{node.Describe()} has fewer than {least} inputs; export the model again.");
        }
    }

    public static void Check(ValueInfoProto input)
    {
        if (input.Type?.TensorType is null)
        {
            throw new ModelException($"Input '{input.Name}' has no tensor type; export the model again.");
        }
    }
}
