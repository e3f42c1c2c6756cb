using PluginLens.Models.Format.Proto;
using PluginLens.Tests.Shared;

namespace PluginLens.Import.Tests;

/// <summary>The fused BERT of the goldens with its attention taken apart once: three products, then MultiHeadAttention with their biases and the mask of padding.</summary>
internal static class FusedBert
{
    private const int Model = 32, Heads = 4;

    /// <param name="asHeads">Keys and values are given as heads, their biases added before.</param>
    public static GraphBuilder Of(bool asHeads)
    {
        var stored = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(Repository.Root, "tests", "Golden", "made-onnx", "bert-fused.onnx")));
        var graph = new GraphBuilder(14);
        graph.Graph.Initializer.Add(stored.Graph.Initializer);
        graph.Graph.Input.Add(stored.Graph.Input);
        graph.Graph.Output.Add(stored.Graph.Output);
        foreach (var node in stored.Graph.Node)
        {
            if (node.OpType == "Attention")
            {
                Attention(graph, stored, node, asHeads);
            }
            else
            {
                graph.Graph.Node.Add(node);
            }
        }

        return graph;
    }

    private static void Attention(GraphBuilder graph, ModelProto stored, NodeProto node, bool asHeads)
    {
        float[] Values(string name) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(stored.Graph.Initializer.Single(i => i.Name == name).RawData.ToByteArray()).ToArray();
        var (matrix, biases, output) = (Values(node.Input[1]), Values(node.Input[2]), node.Output[0]);
        string Part(int part)
        {
            float[] columns = [.. Enumerable.Range(0, Model).SelectMany(row => matrix[((row * 3 * Model) + (part * Model))..((row * 3 * Model) + ((part + 1) * Model))])];
            var product = graph.Node("MatMul", [node.Input[0], graph.Floats($"{output}.W{part}", columns, Model, Model)], [$"{output}.{part}"]);
            if (!asHeads)
            {
                return product;
            }

            var biased = graph.Node("Add", [product, graph.Floats($"{output}.b{part}", biases[(part * Model)..((part + 1) * Model)], Model)], [$"{output}.{part}.biased"]);
            return part == 0 ? biased : graph.Node(
                "Transpose", [graph.Node("Reshape", [biased, graph.Integers("split", 0, 0, Heads, Model / Heads)], [$"{output}.{part}.split"])], [$"{output}.{part}.heads"], ("perm", new long[] { 0, 2, 1, 3 }));
        }

        graph.Fused("MultiHeadAttention", [Part(0), Part(1), Part(2), asHeads ? "" : graph.Floats($"{output}.biases", biases, 3 * Model), "m32"], [output], ("num_heads", Heads), ("mask_filter_value", -10000f));
    }
}
