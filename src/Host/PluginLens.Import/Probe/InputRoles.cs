using PluginLens.Import.Graph;
using PluginLens.Import.Source;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Probe;

/// <summary>Finds out from the graph what each input holds: by the tables that it indexes and the operators that it reaches.</summary>
internal static class InputRoles
{
    // Segment tables have a row or two for each kind of segment; the smallest position table is far longer.
    private const int MostTokenTypes = 8;

    public static Dictionary<string, InputRole> Find(SourceModel model, GraphView graph)
    {
        var integers = model.Inputs.Where(i => i.Type.TensorType.ElemType is ElementTypes.Int64 or ElementTypes.Int32 or ElementTypes.Bool).Select(i => i.Name).ToArray();
        var tables = integers.ToDictionary(i => i, i => Tables(model, graph, i));
        var logitWidths = model.Outputs.Select(o => o.Type?.TensorType?.Shape?.Dim.LastOrDefault()?.DimValue ?? 0).ToHashSet();
        var tokens = integers.Where(i => tables[i].Count > 0)
            .OrderByDescending(i => tables[i].Any(t => logitWidths.Contains(t[0])))
            .ThenByDescending(i => i == "input_ids")
            .ThenByDescending(i => tables[i].Max(t => t[0]))
            .FirstOrDefault();
        if (tokens is null)
        {
            throw NotATransformer(model, graph);
        }

        return model.Inputs.ToDictionary(i => i.Name, i => i.Name == tokens ? InputRole.Tokens : Role(model, graph, i, tables.GetValueOrDefault(i.Name)));
    }

    /// <summary>The input that holds the tokens.</summary>
    public static ValueInfoProto Tokens(SourceModel model, IReadOnlyDictionary<string, InputRole> roles) => model.Inputs.First(i => roles[i.Name] == InputRole.Tokens);

    /// <summary>Rows of the smallest table that an input indexes.</summary>
    public static int Rows(SourceModel model, GraphView graph, string input) => (int)Tables(model, graph, input).Min(t => t[0]);

    /// <summary>Refuses at once what has no integer input at all: whatever its operators are, it reads no tokens.</summary>
    public static void RefuseWithoutTokens(SourceModel model, GraphView graph)
    {
        if (!model.Inputs.Any(i => i.Type?.TensorType?.ElemType is ElementTypes.Int64 or ElementTypes.Int32))
        {
            throw NotATransformer(model, graph);
        }
    }

    private static ModelException NotATransformer(SourceModel model, GraphView graph) => new(
        $"'{model.FileName}' is not a transformer: no token input (no integer input goes to the Gather of an embedding); " +
        $"its first operator is {graph.Nodes[0].Operator()}.");

    private static InputRole Role(SourceModel model, GraphView graph, ValueInfoProto input, List<long[]>? tables)
    {
        if (graph.Consumers(input.Name).FirstOrDefault(n => n.OpType == "GroupQueryAttention" && n.Input.IndexOf(input.Name) is 5 or 6) is { } grouped)
        {
            return grouped.Input.IndexOf(input.Name) == 5 ? InputRole.LastPosition : InputRole.Length;
        }

        var rank = input.Type.TensorType.Shape?.Dim.Count;
        if (tables is null)
        {
            return rank >= 4 ? InputRole.Past : rank >= 2 ? InputRole.Mask : throw new ModelException(
                $"Input '{input.Name}' of '{model.FileName}' is {ElementTypes.Name(input.Type.TensorType.ElemType)} of rank {rank}: " +
                "not token ids, token types, positions, a mask or past keys and values.");
        }

        if (tables.Count > 0)
        {
            return tables.Max(t => t[0]) <= MostTokenTypes ? InputRole.TokenTypes : InputRole.Positions;
        }

        return ReachesAngle(graph, input.Name) ? InputRole.Positions : InputRole.Mask;
    }

    /// <summary>Shapes of the constant tables that a tensor indexes, itself or through copies.</summary>
    private static List<long[]> Tables(SourceModel model, GraphView graph, string name)
    {
        var tables = new List<long[]>();
        foreach (var reached in Reach(graph, name, Operators.IsRowMajor))
        {
            tables.AddRange(graph.Consumers(reached)
                .Select(n => TableRead(n, reached)).OfType<string>()
                .Select(table => TableShape(model, graph, table))
                .OfType<long[]>().Where(shape => shape.Length == 2));
        }

        return tables;
    }

    /// <summary>The table that a node looks up by a tensor: of a Gather, or the cosines of a fused rotation.</summary>
    private static string? TableRead(NodeProto node, string by) => node.OpType switch
    {
        "Gather" when node.Input[1] == by => node.Input[0],
        "RotaryEmbedding" when node.Input[1] == by => node.Input[2],
        "GroupQueryAttention" when node.Input.ElementAtOrDefault(9) == by => node.Input[7],
        _ => null,
    };

    private static bool ReachesAngle(GraphView graph, string name) =>
        Reach(graph, name, n => Operators.IsLayout(n) || n.OpType is "MatMul" or "Mul" or "Einsum" or "Add").Any(r => graph.Consumers(r).Any(n => n.OpType is "Cos" or "Sin"));

    /// <summary>Shape of a constant table, behind a cast, a dequantisation or a transposition too.</summary>
    private static long[]? TableShape(SourceModel model, GraphView graph, string name) =>
        model.Constants.TryGetValue(name, out var constant) ? constant.Shape
        : !graph.IsConstant(name) ? null
        : graph.Producer(name) switch
        {
            { OpType: "DequantizeLinear" or "Cast" or "Identity" } node => TableShape(model, graph, node.Input[0]),
            { OpType: "Transpose" } node => TableShape(model, graph, node.Input[0])?.Reverse().ToArray(),
            _ => null,
        };

    private static HashSet<string> Reach(GraphView graph, string name, Func<NodeProto, bool> through)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal) { name };
        var open = new Stack<string>([name]);
        while (open.TryPop(out var tensor))
        {
            foreach (var output in graph.Consumers(tensor).Where(through).SelectMany(n => n.Output).Where(o => o.Length > 0 && reached.Add(o)))
            {
                open.Push(output);
            }
        }

        return reached;
    }
}
