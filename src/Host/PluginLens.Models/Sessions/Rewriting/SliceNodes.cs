using System.Collections.Frozen;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Models.Sessions.Rewriting;

/// <summary>The nodes of a slice, found by what they make, and new ones that make the same in another way.</summary>
internal sealed class SliceNodes
{
    /// <summary>The domain of operators that ONNX Runtime adds to those of ONNX.</summary>
    public const string RuntimeDomain = "com.microsoft";

    private readonly GraphProto _graph;
    private readonly Dictionary<string, NodeProto> _makers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorProto> _initializers = new(StringComparer.Ordinal);
    private readonly Dictionary<NodeProto, List<NodeProto>> _instead = new(ReferenceEqualityComparer.Instance);

    /// <summary>Reads a graph.</summary>
    /// <param name="graph">The graph; stays as it is until <see cref="Apply"/>.</param>
    public SliceNodes(GraphProto graph)
    {
        _graph = graph;
        foreach (var tensor in graph.Initializer)
        {
            _initializers[tensor.Name] = tensor;
        }

        foreach (var node in graph.Node)
        {
            foreach (var output in node.Output)
            {
                _makers[output] = node;
            }
        }
    }

    /// <summary>The standard nodes of a kind with so many inputs and one output; a damaged graph may have others.</summary>
    /// <param name="kind">Their operator.</param>
    /// <param name="inputs">How many inputs.</param>
    public IEnumerable<NodeProto> Of(string kind, int inputs) => _graph.Node.Where(node => Is(node, kind, inputs));

    /// <summary>The node that makes a value, if it is of a kind and a standard one.</summary>
    /// <param name="value">Name of the value.</param>
    /// <param name="kind">Its operator.</param>
    /// <param name="inputs">How many inputs it has.</param>
    public NodeProto? Made(string value, string kind, int inputs) => _makers.TryGetValue(value, out var node) && Is(node, kind, inputs) ? node : null;

    /// <summary>The other operand of a sum or a product of two, where one of them fits.</summary>
    /// <param name="node">The node; null = none.</param>
    /// <param name="fits">Whether it is the operand.</param>
    public static string? Beside(NodeProto? node, Func<string, bool> fits) =>
        node is null || node.Input.Count != 2 ? null : fits(node.Input[0]) ? node.Input[1] : fits(node.Input[1]) ? node.Input[0] : null;

    /// <summary>Whether a value is a constant: one float32 number, to the last bits of it.</summary>
    /// <param name="value">Name of the value.</param>
    /// <param name="number">The number.</param>
    public bool Is(string value, double number) => _initializers.TryGetValue(value, out var tensor) && tensor.FloatData.Count == 1 && Math.Abs(tensor.FloatData[0] - number) <= 1e-6 * Math.Abs(number);

    /// <summary>Whether a value is a constant: one whole number.</summary>
    /// <param name="value">Name of the value.</param>
    /// <param name="number">The number.</param>
    public bool IsInteger(string value, long number) => _initializers.TryGetValue(value, out var tensor) && tensor.Int64Data.SequenceEqual([number]);

    /// <summary>An initializer by its name; null where the value is something else.</summary>
    /// <param name="value">Name of the value.</param>
    public TensorProto? Initializer(string value) => _initializers.GetValueOrDefault(value);

    /// <summary>An initializer more, whose data lie where another's do.</summary>
    /// <param name="tensor">The initializer.</param>
    public void Add(TensorProto tensor)
    {
        if (_initializers.TryAdd(tensor.Name, tensor))
        {
            _graph.Initializer.Add(tensor);
        }
    }

    /// <summary>The name of a constant array of int64.</summary>
    /// <param name="numbers">Its numbers.</param>
    public string Constant(params long[] numbers)
    {
        var tensor = new TensorProto { Name = $"_i64.{string.Join('.', numbers)}", DataType = ElementTypes.Int64, Dims = { numbers.Length }, Int64Data = { numbers } };
        Add(tensor);
        return tensor.Name;
    }

    /// <summary>Puts nodes in the place of one: the last of them makes what it made.</summary>
    /// <param name="node">The node; others that only it needed go as well.</param>
    /// <param name="nodes">The new ones.</param>
    public void Replace(NodeProto node, params NodeProto[] nodes) => _instead[node] = [.. nodes];

    /// <summary>Changes the graph.</summary>
    public void Apply()
    {
        NodeProto[] nodes = [.. _graph.Node.SelectMany(node => _instead.TryGetValue(node, out var instead) ? instead : [node])];
        var needed = _graph.Output.Select(output => output.Name).ToHashSet(StringComparer.Ordinal);
        var kept = GraphSlice.Needed(nodes, needed, FrozenSet<string>.Empty);
        _graph.Node.Clear();
        _graph.Node.Add(kept);
        TensorProto[] initializers = [.. _graph.Initializer.Where(tensor => needed.Contains(tensor.Name))];
        _graph.Initializer.Clear();
        _graph.Initializer.Add(initializers);
    }

    private static bool Is(NodeProto node, string kind, int inputs) => node.OpType == kind && node.Domain.Length == 0 && node.Input.Count == inputs && node.Output.Count == 1;

    /// <summary>A node.</summary>
    /// <param name="kind">Its operator.</param>
    /// <param name="inputs">What it reads.</param>
    /// <param name="output">What it makes.</param>
    /// <param name="domain">Where its operator is defined.</param>
    public static NodeProto Node(string kind, string[] inputs, string output, string domain = "") => new() { OpType = kind, Domain = domain, Input = { inputs }, Output = { output } };

    /// <summary>An attribute of whole numbers.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="numbers">The numbers.</param>
    public static AttributeProto Integers(string name, params long[] numbers) => new() { Name = name, Type = (int)AttributeKind.Ints, Ints = { numbers } };

    /// <summary>An attribute that is one whole number.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="number">The number.</param>
    public static AttributeProto Integer(string name, long number) => new() { Name = name, Type = (int)AttributeKind.Int, I = number };
}
