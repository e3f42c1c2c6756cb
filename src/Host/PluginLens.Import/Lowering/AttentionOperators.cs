using PluginLens.Import.Source;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Lowering;

/// <summary>
/// Writes the attention and rotary operators of ONNX Runtime as plain ones. Past keys and values are left out: the importer reads sequences from
/// their start. So are masks of padding: source and imported model are compared with padding where they have one.
/// </summary>
internal static class AttentionOperators
{
    /// <summary>Attributes that are read (others are refused unless they are zero), and how many inputs are.</summary>
    private static readonly Dictionary<string, (string[] Attributes, int Inputs, string Beyond)> Known = new(StringComparer.Ordinal)
    {
        ["GroupQueryAttention"] = (["num_heads", "kv_num_heads", "scale", "do_rotary", "rotary_interleaved", "local_window_size"], 11, "head sinks or quantised keys and values"),
        ["MultiHeadAttention"] = (["num_heads", "scale", "unidirectional", "mask_filter_value"], 8, "the bookkeeping of a beam search"),
        ["RotaryEmbedding"] = (["interleaved", "num_heads", "rotary_embedding_dim", "scale"], 4, "more inputs"),
    };

    /// <summary>What these operators read; refuses them where they use what the importer does not know, before anything is run.</summary>
    public static IReadOnlyCollection<string> Inputs(IEnumerable<NodeProto> nodes)
    {
        NodeProto[] ours = [.. nodes.Where(IsOne)];
        foreach (var node in ours)
        {
            var (attributes, inputs, beyond) = Known[node.OpType];
            FusedNode.Allow(node, attributes);
            if (node.Input.Skip(inputs).Any(i => i.Length > 0))
            {
                throw FusedNode.Refused(node, $"has {beyond}");
            }
        }

        return [.. ours.SelectMany(n => n.Input).Where(i => i.Length > 0).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The nodes without these operators, and what they state of the attention that makes a pattern, by the pattern's name.</summary>
    /// <param name="nodes">Nodes in order.</param>
    /// <param name="shapes">Shape in a run of every tensor that these operators read.</param>
    public static (IReadOnlyList<NodeProto> Nodes, IReadOnlyDictionary<string, PlainAttention> Stated) Lower(IReadOnlyList<NodeProto> nodes, IReadOnlyDictionary<string, long[]> shapes)
    {
        var stated = new Dictionary<string, PlainAttention>(StringComparer.Ordinal);
        var lowered = new List<NodeProto>();
        foreach (var node in nodes)
        {
            if (!IsOne(node))
            {
                lowered.Add(node);
                continue;
            }

            var plain = new PlainNodes(node.Output[0]);
            var fused = new FusedNode(node, shapes);
            switch (node.OpType)
            {
                case "RotaryEmbedding":
                    Rotary(plain, fused);
                    break;
                case "MultiHeadAttention":
                    MultiHead(plain, fused, stated);
                    break;
                default:
                    GroupQuery(plain, fused, stated);
                    break;
            }

            lowered.AddRange(plain.All);
        }

        return (lowered, stated);
    }

    private static bool IsOne(NodeProto node) => node.Domain == NodeParts.Contrib && Known.ContainsKey(node.OpType);

    private static void GroupQuery(PlainNodes plain, FusedNode node, Dictionary<string, PlainAttention> stated)
    {
        var (heads, keyHeads) = (node.Count("num_heads"), node.Count("kv_num_heads"));
        var packed = node.Input(1) is null && node.Input(2) is null;
        var width = node.Shape(0) is [_, _, var columns] ? columns / (packed ? heads + (2 * keyHeads) : heads) : throw node.Refused("has queries that are not [batch, pos, columns]");
        if (heads % keyHeads != 0 || width * (packed ? heads + (2 * keyHeads) : heads) != columns || (!packed && (node.Shape(1).LastOrDefault() != keyHeads * width || node.Shape(2).LastOrDefault() != keyHeads * width)))
        {
            throw node.Refused($"has {columns} columns of queries, which are not {heads} heads on {keyHeads} key-value heads");
        }

        string q, k, v;
        if (packed)
        {
            var all = plain.Reshape(node.Input(0)!, 0, 0, heads + (2 * keyHeads), width);
            (q, k, v) = (plain.Slice(all, 2, 0, heads), plain.Slice(all, 2, heads, heads + keyHeads), plain.Slice(all, 2, heads + keyHeads, heads + (2 * keyHeads)));
        }
        else
        {
            (q, k, v) = (plain.Reshape(node.Input(0)!, 0, 0, heads, width), plain.Reshape(node.Input(1)!, 0, 0, keyHeads, width), plain.Reshape(node.Input(2)!, 0, 0, keyHeads, width));
        }

        if (node.Integer("do_rotary") != 0)
        {
            var positions = node.Input(9);
            var rotation = PlainRotation.Of(plain, node, 7, positions ?? plain.Positions(q), positions is not null, node.Integer("rotary_interleaved") != 0, width);
            (q, k) = (rotation.Turn(q), rotation.Turn(k));
        }

        Present(plain, node, k, v);
        int? window = node.Integer("local_window_size") is > 0 and < int.MaxValue and var size ? (int)size : null;
        var attention = new PlainAttention(heads, keyHeads, Scale(node, width), true, window, node.Input(10));
        stated[attention.Write(plain, q, k, v, node.Output)] = attention;
    }

    private static void MultiHead(PlainNodes plain, FusedNode node, Dictionary<string, PlainAttention> stated)
    {
        var heads = node.Count("num_heads");
        if (node.Shape(0) is not [_, _, var columns] || columns % heads != 0 || node.Input(1) is null || node.Input(2) is null || node.Shape(4).Length > 2)
        {
            throw node.Refused("has packed queries, keys and values, or a mask [batch, pos, key_pos]");
        }

        var width = columns / heads;
        string Heads(int at)
        {
            var x = node.Input(at)!;
            if (node.Shape(at).Length == 4)
            {
                return node.Input(3) is null ? plain.Transpose(x, 0, 2, 1, 3) : throw node.Refused("adds biases to keys that are heads already");
            }

            if (node.Shape(at) is not [_, _, var found] || found != columns)
            {
                throw node.Refused($"has keys or values that are not {heads} heads of {width}");
            }

            var biased = node.Input(3) is { } bias ? plain.Add("Add", [x, plain.Slice(bias, 0, at * columns, (at + 1) * columns)]) : x;
            return plain.Reshape(biased, 0, 0, heads, width);
        }

        var (q, k, v) = (Heads(0), Heads(1), Heads(2));
        Present(plain, node, k, v);
        var attention = new PlainAttention(heads, heads, Scale(node, width), node.Integer("unidirectional") != 0, null, node.Input(5));
        stated[attention.Write(plain, q, k, v, node.Output)] = attention;
    }

    private static void Rotary(PlainNodes plain, FusedNode node)
    {
        if (node.Float("scale") is not (0 or 1))
        {
            throw node.Refused("scales what it turns");
        }

        var x = node.Input(0)!;
        var shape = node.Shape(0);
        var width = shape.Length switch
        {
            4 => shape[3],
            3 => node.Integer("rotary_embedding_dim") == 0 ? 2 * node.Shape(2).LastOrDefault() : shape[2] / node.Count("num_heads"),
            _ => throw node.Refused("has an input that is neither [batch, pos, columns] nor [batch, head, pos, d_head]"),
        };
        // One number is the position of the first token, else every token has its own.
        var perSequence = node.Shape(1).Length == 2;
        var positions = node.Input(1)!;
        var heads = shape.Length == 4 ? plain.Transpose(x, 0, 2, 1, 3) : plain.Reshape(x, 0, 0, -1, width);
        if (!perSequence)
        {
            positions = plain.Add("Add", [plain.Positions(heads), positions]);
        }

        var turned = PlainRotation.Of(plain, node, 2, positions, perSequence, node.Integer("interleaved") != 0, width).Turn(heads);
        plain.Add("Identity", [shape.Length == 4 ? plain.Transpose(turned, 0, 2, 1, 3) : plain.Reshape(turned, 0, 0, -1)], output: node.Output);
    }

    private static double Scale(FusedNode node, long width) => node.Float("scale") is not 0 and var stated ? stated : 1 / Math.Sqrt(width);

    /// <summary>Keys and values as the next step of generation takes them, where something wants them.</summary>
    private static void Present(PlainNodes plain, FusedNode node, string k, string v)
    {
        foreach (var (at, x) in new[] { (1, k), (2, v) })
        {
            if (node.Result(at) is { } name)
            {
                plain.Add("Identity", [plain.Transpose(x, 0, 2, 1, 3)], output: name);
            }
        }
    }
}
