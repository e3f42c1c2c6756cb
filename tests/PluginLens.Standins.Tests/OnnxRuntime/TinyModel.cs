using System.Runtime.InteropServices;

namespace PluginLens.Standins.Tests.OnnxRuntime;

/// <summary>A model of one node, <c>y = x W</c>, with x [batch, 2], W [2, 3] and y [batch, 3].</summary>
internal static class TinyModel
{
    private const int Float = 1;
    private const int External = 1;

    public static readonly float[] Weights = [1, 2, 3, 10, 20, 30];

    /// <summary>With W inside.</summary>
    public static byte[] WithWeights() => Model(Tensor("W").Bytes(9, MemoryMarshal.AsBytes<float>(Weights).ToArray()));

    /// <summary>With W in a file of its own.</summary>
    public static byte[] WithExternalWeights(string file) => Model(Tensor("W")
        .Message(13, new Proto().Text(1, "location").Text(2, file))
        .Message(13, new Proto().Text(1, "offset").Text(2, "0"))
        .Message(13, new Proto().Text(1, "length").Text(2, "24"))
        .Number(14, External));

    /// <summary>One node that copies an input of any element type and two open dimensions.</summary>
    public static byte[] Identity(int elementType) => Finish(
        new Proto().Text(1, "x").Text(2, "y").Text(4, "Identity"), null, Value("x", elementType, "rows", "columns"), Value("y", elementType, "rows", "columns"));

    private static byte[] Model(Proto weights) => Finish(
        new Proto().Text(1, "x").Text(1, "W").Text(2, "y").Text(4, "MatMul"), weights, Value("x", Float, "batch", 2), Value("y", Float, "batch", 3));

    private static byte[] Finish(Proto node, Proto? initializer, Proto input, Proto output)
    {
        var graph = new Proto().Message(1, node).Text(2, "tiny");
        if (initializer is not null)
        {
            graph.Message(5, initializer);
        }

        graph.Message(11, input).Message(12, output);
        return new Proto().Number(1, 8).Message(7, graph).Message(8, new Proto().Number(2, 17)).ToArray();
    }

    private static Proto Tensor(string name) => new Proto().Number(1, 2).Number(1, 3).Number(2, Float).Text(8, name);

    private static Proto Value(string name, int elementType, params object[] dimensions)
    {
        var shape = new Proto();
        foreach (var dimension in dimensions)
        {
            shape.Message(1, dimension is int size ? new Proto().Number(1, size) : new Proto().Text(2, (string)dimension));
        }

        return new Proto().Text(1, name).Message(2, new Proto().Message(1, new Proto().Number(1, elementType).Message(2, shape)));
    }
}
