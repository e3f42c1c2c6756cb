using PluginLens.Models.Format.Proto;

namespace PluginLens.Models.Format.Coded;

/// <summary>The node that multiplies by the embedding's rows: the read-out of a folder that stores the tied matrix once.</summary>
internal static class TiedNode
{
    private const string Transposes = "transB";

    /// <summary>What folders in half precision call the embedding once it is widened.</summary>
    private const string Widened = $"_f32.{TiedWeight.Embedding}";

    /// <summary>Whether a node is it.</summary>
    /// <param name="node">A node that reads the embedding.</param>
    public static bool Is(NodeProto node) => node.OpType == "Gemm" && node.Input.Count == 2 && node.Input[1] is TiedWeight.Embedding or Widened
        && node.Attribute.Count == 1 && node.Attribute[0].Name == Transposes && node.Attribute[0].I == 1;

    /// <summary>Makes it read an unembedding of its own.</summary>
    /// <param name="node">The node.</param>
    public static void Untie(NodeProto node)
    {
        node.Input[1] = TiedWeight.Unembedding;
        node.Attribute.Clear();
    }
}
