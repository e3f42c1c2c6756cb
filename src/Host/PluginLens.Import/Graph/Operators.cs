using PluginLens.Import.Source;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Graph;

/// <summary>Which operators the importer reads; all others are refused by name before anything is run.</summary>
internal static class Operators
{
    /// <summary>Operators that copy or view values without changing them.</summary>
    private static readonly HashSet<string> LayoutOps =
    [
        "Identity", "Dropout", "Cast", "CastLike", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose", "Split", "Slice", "Gather", "GatherND", "Concat",
        "Expand", "Tile", "ScatterND", "GatherElements",
    ];

    private static readonly HashSet<string> RowMajorOps = ["Identity", "Dropout", "Cast", "CastLike", "Reshape", "Squeeze", "Unsqueeze", "Flatten"];

    private static readonly HashSet<string> Fused =
    [
        "Attention", "SkipLayerNormalization", "SkipSimplifiedLayerNormalization", "EmbedLayerNormalization", "BiasGelu", "FastGelu", "QuickGelu", "Gelu",
        "FusedMatMul", "SimplifiedLayerNormalization", "LayerNormalization", "GroupQueryAttention", "MultiHeadAttention", "RotaryEmbedding",
    ];

    private static readonly HashSet<string> Quantised =
    [
        "QuantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "ConvInteger", "QLinearMatMul", "QLinearConv", "MatMulNBits", "MatMulBnb4",
        "DynamicQuantizeMatMul", "MatMulIntegerToFloat", "QAttention", "QEmbedLayerNormalization", "QGemm", "GatherBlockQuantized", "QMoE",
    ];

    private static readonly Dictionary<string, string> Refused = new()
    {
        ["If"] = "a choice that is made as the graph runs; of a merged decoder the branch that reads no past is imported, here none is that branch",
        ["Attention"] = "attention as one operator of opset 23; export with an opset up to 22",
        ["RotaryEmbedding"] = "a rotation as one operator of opset 23; export with an opset up to 22",
        ["Loop"] = "a loop",
        ["Scan"] = "a loop",
        ["SequenceMap"] = "a loop",
        ["LSTM"] = "a recurrent network",
        ["GRU"] = "a recurrent network",
        ["RNN"] = "a recurrent network",
    };

    public static bool IsLayout(NodeProto node) => node.IsStandard() && LayoutOps.Contains(node.OpType);

    /// <summary>Keeps the order of the elements in memory.</summary>
    public static bool IsRowMajor(NodeProto node) => node.IsStandard() && RowMajorOps.Contains(node.OpType);

    public static bool IsMatMul(NodeProto node) =>
        (node.IsStandard() && node.OpType is "MatMul") || (node.Domain == NodeParts.Contrib && node.OpType == "FusedMatMul");

    /// <summary>Refuses a graph with operators that cannot be read.</summary>
    /// <param name="nodes">Nodes in order.</param>
    /// <param name="isConstant">Whether a tensor depends on no input: dequantised weights are plain weights.</param>
    public static void Check(IEnumerable<NodeProto> nodes, Func<string, bool> isConstant)
    {
        foreach (var node in nodes)
        {
            var name = node.Operator();
            if (Quantised.Contains(node.OpType) || (node.OpType == "DequantizeLinear" && !node.Input.Where(i => i.Length > 0).All(isConstant)))
            {
                throw new ModelException(
                    $"Operator {name} ({node.Describe()}): the graph is quantised and is not imported; import the float32 or float16 model that it was made from.");
            }

            if (node.IsStandard() && Refused.TryGetValue(node.OpType, out var reason))
            {
                throw new ModelException($"Operator {name} ({node.Describe()}): {reason}. The importer reads graphs without it.");
            }

            if (!node.IsStandard() && !(node.Domain == NodeParts.Contrib && Fused.Contains(node.OpType)))
            {
                throw new ModelException(
                    $"Operator {name} ({node.Describe()}) is not one that the importer reads; export the model without that fusion.");
            }
        }
    }
}
