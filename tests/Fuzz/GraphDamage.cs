using Google.Protobuf;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Fuzz;

/// <summary>ONNX files that stay ONNX: wrong metadata, shapes, types, places of data, and graphs wired otherwise; one in six is damaged by bytes.</summary>
internal static class GraphDamage
{
    private static readonly string[] Texts =
        ["", "0", "-1", "1", "3", "2147483647", "99999999999999999999", "1e308", "NaN", "null", "true", "[]", "{}", "[null]", "\"x\"", "[[1]]", "{\"a\":1}", "x\ny", "../../x", "/dev/null", "model.onnx"];

    private static readonly Action<Random, ModelProto>[] Kinds = [Metadata, Place, Shape, Node, DropOrRepeat, Attribute];

    /// <summary>One to three changes.</summary>
    public static byte[] Of(byte[] original, Random random)
    {
        if (random.Next(6) == 0)
        {
            return Damage.Bytes(original, random);
        }

        var model = ModelProto.Parser.ParseFrom(original);
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            Kinds[random.Next(Kinds.Length)](random, model);
        }

        return model.ToByteArray();
    }

    private static T? Any<T>(Random random, IList<T> list)
        where T : class => list.Count == 0 ? null : list[random.Next(list.Count)];

    private static void Metadata(Random random, ModelProto model)
    {
        if (Any(random, model.MetadataProps) is { } entry)
        {
            entry.Value = random.Next(2) == 0 ? Any(random, Texts)! : entry.Value[..random.Next(entry.Value.Length + 1)];
        }
    }

    private static void Place(Random random, ModelProto model)
    {
        var stored = model.Graph.Initializer.Where(tensor => tensor.ExternalData.Count > 0).ToList();
        if (Any(random, stored) is { } tensor && Any(random, tensor.ExternalData) is { } entry)
        {
            entry.Value = random.Next(3) == 0 ? Any(random, Any(random, stored)!.ExternalData)!.Value : Any(random, Texts)!;
        }
    }

    private static void Shape(Random random, ModelProto model)
    {
        if (Any(random, model.Graph.Initializer) is not { } tensor)
        {
            return;
        }

        switch (random.Next(4))
        {
            case 0 when tensor.Dims.Count > 0:
                tensor.Dims[random.Next(tensor.Dims.Count)] = ((long[])[0, -1, 1, 7, int.MaxValue, long.MaxValue])[random.Next(6)];
                break;
            case 1:
                tensor.DataType = random.Next(24);
                break;
            case 2 when tensor.RawData.Length > 0:
                tensor.RawData = ByteString.CopyFrom(tensor.RawData.ToByteArray()[..random.Next(tensor.RawData.Length)]);
                break;
            default:
                tensor.Dims.Add(random.Next(3));
                break;
        }
    }

    private static void Node(Random random, ModelProto model)
    {
        if (Any(random, model.Graph.Node) is not { } node || Any(random, model.Graph.Node) is not { } other)
        {
            return;
        }

        switch (random.Next(6))
        {
            case 0 when node.Input.Count > 0 && other.Output.Count > 0:
                node.Input[random.Next(node.Input.Count)] = Any(random, other.Output)!;
                break;
            case 1 when node.Output.Count > 0 && other.Output.Count > 0:
                node.Output[0] = Any(random, other.Output)!;
                break;
            case 2:
                node.OpType = random.Next(2) == 0 ? "NoSuch\nOperator" : other.OpType;
                break;
            case 3 when node.Input.Count > 0:
                node.Input.RemoveAt(random.Next(node.Input.Count));
                break;
            case 4 when node.Output.Count > 0:
                node.Output.Clear();
                break;
            default:
                node.Domain = "elsewhere";
                break;
        }
    }

    private static void Attribute(Random random, ModelProto model)
    {
        if (Any(random, [.. model.Graph.Node.Where(node => node.Attribute.Count > 0)]) is not { } node)
        {
            return;
        }

        var attribute = Any(random, node.Attribute)!;
        switch (random.Next(4))
        {
            case 0:
                attribute.I = ((long[])[0, -1, 1, 99, int.MaxValue, long.MinValue])[random.Next(6)];
                break;
            case 1:
                attribute.Ints.Add(random.Next(-9, 9));
                break;
            case 2:
                node.Attribute.Remove(attribute);
                break;
            default:
                attribute.Name = "axis";
                break;
        }
    }

    private static void DropOrRepeat(Random random, ModelProto model)
    {
        var graph = model.Graph;
        switch (random.Next(5))
        {
            case 0 when graph.Node.Count > 0:
                graph.Node.RemoveAt(random.Next(graph.Node.Count));
                break;
            case 1 when graph.Node.Count > 0:
                graph.Node.Add(Any(random, graph.Node)!.Clone());
                break;
            case 2 when graph.Initializer.Count > 0:
                graph.Initializer.Add(Any(random, graph.Initializer)!.Clone());
                break;
            case 3 when graph.Output.Count > 0:
                graph.Output.Add(Any(random, graph.Output)!.Clone());
                break;
            case 4 when model.MetadataProps.Count > 0:
                model.MetadataProps.RemoveAt(random.Next(model.MetadataProps.Count));
                break;
            default:
                graph.Input.Clear();
                break;
        }
    }
}
