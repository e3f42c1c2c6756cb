using System.Runtime.InteropServices;
using PluginLens.Models.Format.Files;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Models.Format.Coded;

/// <summary>Finds the weights that a graph computes, and refuses it where it computes them in any other way than folders are written: then what is read here would not be what it runs.</summary>
/// <param name="graph">The graph.</param>
/// <param name="file">For messages.</param>
internal sealed class CodedReader(GraphProto graph, string file)
{
    private readonly Dictionary<string, NodeProto> _makers = Makers(graph);
    private readonly Dictionary<string, List<NodeProto>> _readers = Readers(graph);
    private readonly Dictionary<string, TensorProto> _constants = graph.Initializer.Where(tensor => BlockNames.IsConstant(tensor.Name)).ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);

    /// <summary>The weight that is computed from some stored parts.</summary>
    /// <param name="name">Canonical name.</param>
    /// <param name="part">Gives a part by its ending, or null.</param>
    public CodedWeight Read(string name, Func<string, StoredWeight?> part)
    {
        var (codes, scale, minimum) = (part(CodedNames.Codes)!, part(CodedNames.Scale), part(CodedNames.Minimum));
        var factor = _constants.TryGetValue(CodedNames.Factor(name), out var constant) ? Numbers<float>(constant, ElementTypes.Float)[0] : (float?)null;
        var shape = scale is null ? codes.Shape : Shape(name, codes, scale, minimum);
        RequireTypes(name, codes, scale, minimum);
        var weight = new CodedWeight(name, shape, codes, scale, minimum, factor);
        RequireNodes(weight);
        return weight;
    }

    /// <summary>The read-out that multiplies by the embedding's rows, where the graph has one.</summary>
    /// <param name="embedding">W_E.</param>
    public TiedWeight? Tied(ModelWeight embedding) =>
        graph.Node.Where(TiedNode.Is).ToList() is [var node] && (node.Input[1] == embedding.Name || _makers[node.Input[1]] is { OpType: "Cast" } cast && cast.Input[0] == embedding.Name)
            ? new TiedWeight(embedding) : null;

    private static Dictionary<string, NodeProto> Makers(GraphProto graph)
    {
        var makers = new Dictionary<string, NodeProto>(StringComparer.Ordinal);
        foreach (var node in graph.Node)
        {
            foreach (var output in node.Output)
            {
                makers[output] = node;
            }
        }

        return makers;
    }

    private static Dictionary<string, List<NodeProto>> Readers(GraphProto graph)
    {
        var readers = new Dictionary<string, List<NodeProto>>(StringComparer.Ordinal);
        foreach (var node in graph.Node)
        {
            foreach (var input in node.Input)
            {
                if (!readers.TryGetValue(input, out var nodes))
                {
                    readers[input] = nodes = [];
                }

                nodes.Add(node);
            }
        }

        return readers;
    }

    private List<NodeProto> ReadersOf(string tensor) => _readers.GetValueOrDefault(tensor, []);

    private int[] Shape(string name, StoredWeight codes, StoredWeight scale, StoredWeight? minimum)
    {
        var shape = _constants.TryGetValue(CodedNames.Shape(name), out var constant) ? Numbers<long>(constant, ElementTypes.Int64) : throw Bad(name, $"no constant {CodedNames.Shape(name)}");
        if (shape.Any(extent => extent <= 0) || shape.Aggregate((Int128)1, (a, b) => Int128.Min(a * b, long.MaxValue)) != codes.Count)
        {
            throw Bad(name, $"{codes.Count} codes for the shape [{string.Join(", ", shape)}]");
        }

        if (codes.Shape.Length != 4 || codes.Shape[2] * codes.Shape[3] % 2 != 0)
        {
            throw Bad(name, $"codes of the shape [{string.Join(", ", codes.Shape)}]; expected four axes, and an even number in each block");
        }

        foreach (var part in new[] { scale, minimum }.OfType<StoredWeight>())
        {
            if (part.Shape.Length != 4 || !part.Shape.SequenceEqual([codes.Shape[0], codes.Shape[1], 1, codes.Shape[3]]))
            {
                throw Bad(name, $"codes [{string.Join(", ", codes.Shape)}], but '{part.Name}' is [{string.Join(", ", part.Shape)}]");
            }
        }

        return [.. shape.Select(extent => checked((int)extent))];
    }

    private void RequireTypes(string name, StoredWeight codes, StoredWeight? scale, StoredWeight? minimum)
    {
        var ok = scale is null
            ? minimum is null && codes.Type is ElementType.Float16 or ElementType.BFloat16
            : codes.Type is ElementType.Int8 or ElementType.UInt4 or ElementType.Int4 && scale.Type is ElementType.Float or ElementType.Float16
                && (minimum is null || minimum.Type == scale.Type);
        if (!ok)
        {
            throw Bad(name, $"parts of the types {string.Join(", ", new[] { codes, scale, minimum }.OfType<StoredWeight>().Select(p => p.Type))}");
        }
    }

    /// <summary>Whole, in rows, or both; and nothing else may read the parts.</summary>
    private void RequireNodes(CodedWeight weight)
    {
        var expected = new List<NodeProto>();
        if (_makers.ContainsKey(weight.Name))
        {
            expected.AddRange(CodedNodes.Whole(weight.Name, weight.Form));
        }

        if (_makers.ContainsKey(CodedNames.Rows(weight.Name)))
        {
            RequireRows(weight);
            var gather = ReadersOf(weight.Name + CodedNames.Codes).FirstOrDefault(node => node.OpType == "Gather" && node.Input.Count == 2);
            expected.AddRange(CodedNodes.Rows(weight.Name, weight.Form, gather?.Input[1] ?? throw Bad(weight.Name, "rows that are not taken from its codes")));
        }

        if (expected.Count == 0)
        {
            throw Bad(weight.Name, "parts from which nothing is computed");
        }

        var names = expected.Select(node => node.Name).ToHashSet(StringComparer.Ordinal);
        var other = expected.FirstOrDefault(node => !node.Equals(_makers.GetValueOrDefault(node.Output[0])))
            ?? weight.Stored.SelectMany(part => ReadersOf(part.Name)).FirstOrDefault(node => !names.Contains(node.Name));
        if (other is not null)
        {
            throw Bad(weight.Name, $"a node '{other.Name}' that computes it in another way than is known");
        }
    }

    private void RequireRows(CodedWeight weight)
    {
        var shape = weight.Form.HasScale ? Numbers<long>(_constants.GetValueOrDefault(CodedNames.RowsShape(weight.Name)) ?? throw Bad(weight.Name, "no shape for its rows"), ElementTypes.Int64) : null;
        if (weight.Shape.Length != 2 || (shape is not null && (!shape.SequenceEqual([0, 0, weight.Shape[1]]) || weight.Stored.First().Shape[0] != weight.Shape[0])))
        {
            throw Bad(weight.Name, "rows of another shape than its own");
        }
    }

    private T[] Numbers<T>(TensorProto constant, int type)
        where T : unmanaged
    {
        var bytes = constant.RawData.Span;
        return constant.DataType == type && bytes.Length > 0 && bytes.Length % Marshal.SizeOf<T>() == 0
            ? MemoryMarshal.Cast<byte, T>(bytes).ToArray()
            : throw new ModelException($"'{file}' has a constant '{constant.Name}' of another type than is known; export the model again.");
    }

    private ModelException Bad(string name, string found) => new($"'{file}': weight '{name}' has {found}; export the model again.");
}
