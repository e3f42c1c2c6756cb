using PluginLens.Import.Source;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Graph;

/// <summary>The source graph with producers and consumers, and what each tensor depends on.</summary>
internal sealed class GraphView
{
    private readonly Dictionary<string, NodeProto> _producers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<NodeProto>> _consumers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _varying;
    private readonly HashSet<string> _data = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _order = new(StringComparer.Ordinal);

    public GraphView(IReadOnlyList<NodeProto> nodes, IEnumerable<string> inputs)
    {
        Nodes = nodes;
        _varying = inputs.ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < nodes.Count; i++)
        {
            var node = nodes[i];
            var varies = node.Input.Any(_varying.Contains);
            foreach (var output in node.Output.Where(o => o.Length > 0))
            {
                _producers[output] = node;
                _order[output] = i;
                if (varies)
                {
                    _varying.Add(output);
                }
            }

            foreach (var input in node.Input.Where(n => n.Length > 0).Distinct(StringComparer.Ordinal))
            {
                if (!_consumers.TryGetValue(input, out var list))
                {
                    _consumers[input] = list = [];
                }

                list.Add(node);
            }
        }
    }

    /// <summary>Nodes in order of execution.</summary>
    public IReadOnlyList<NodeProto> Nodes { get; }

    /// <summary>Says which input holds the tokens: everything computed from their values is data from then on.</summary>
    public void SetTokens(string input)
    {
        _data.Add(input);
        foreach (var node in Nodes.Where(n => n.OpType is not ("Shape" or "Size") && n.Input.Any(_data.Contains)))
        {
            _data.UnionWith(node.Output.Where(o => o.Length > 0));
        }
    }

    public NodeProto? Producer(string name) => _producers.GetValueOrDefault(name);

    public IReadOnlyList<NodeProto> Consumers(string name) => _consumers.TryGetValue(name, out var list) ? list : [];

    /// <summary>Place of a tensor's producer in the order of execution; -1 for inputs and constants.</summary>
    public int Order(string name) => _order.GetValueOrDefault(name, -1);

    /// <summary>Depends on no input at all.</summary>
    public bool IsConstant(string name) => name.Length > 0 && !_varying.Contains(name);

    /// <summary>Depends on which tokens were given (not merely on how many).</summary>
    public bool IsData(string name) => _data.Contains(name);

    /// <summary>The tensor that a tensor is a copy or a reshaped view of, elements in the same order.</summary>
    public string Resolve(string name)
    {
        while (Producer(name) is { } node && Operators.IsRowMajor(node) && node.Output[0] == name)
        {
            name = node.Input[0];
        }

        return name;
    }

    /// <summary>As <see cref="Resolve"/>, and also back through the choice of a position (the logits of the last token).</summary>
    public string ResolveSelection(string name)
    {
        for (name = Resolve(name);
            Producer(name) is { } node && node.IsStandard() && node.OpType is "Gather" or "Slice" or "GatherND" or "GatherElements" && IsData(node.Input[0])
            && (node.Input.Count < 2 || !IsData(node.Input[1]));)
        {
            name = Resolve(node.Input[0]);
        }

        return name;
    }

    /// <summary>Tensors from which one is computed through operators that a test admits, itself included; and where the search stopped.</summary>
    public (HashSet<string> Passed, List<string> Stops) Ancestors(string name, Func<string, bool> stopAt)
    {
        var passed = new HashSet<string>(StringComparer.Ordinal) { name };
        var stops = new List<string>();
        var open = new Stack<string>([name]);
        while (open.TryPop(out var tensor))
        {
            if (stopAt(tensor))
            {
                stops.Add(tensor);
            }
            else if (Producer(tensor) is { } node)
            {
                foreach (var input in node.Input.Where(i => IsData(i) && passed.Add(i)))
                {
                    open.Push(input);
                }
            }
        }

        return (passed, stops);
    }

    /// <summary>Nodes that read a tensor or a reshaped view of it, with the name under which they read it.</summary>
    public IEnumerable<(NodeProto Node, string Read)> Readers(string name)
    {
        var open = new Stack<string>([name]);
        while (open.TryPop(out var tensor))
        {
            foreach (var node in Consumers(tensor))
            {
                if (Operators.IsRowMajor(node) && node.Input[0] == tensor)
                {
                    open.Push(node.Output[0]);
                }
                else
                {
                    yield return (node, tensor);
                }
            }
        }
    }

    /// <summary>The nodes that a tensor is computed from, in order of execution.</summary>
    public IReadOnlyList<NodeProto> Needed(string tensor)
    {
        var needed = new HashSet<string>(StringComparer.Ordinal) { tensor };
        var kept = new List<NodeProto>();
        foreach (var node in Nodes.Reverse().Where(n => n.Output.Any(needed.Contains)))
        {
            needed.UnionWith(node.Input);
            kept.Add(node);
        }

        kept.Reverse();
        return kept;
    }

    public string Describe(string tensor) => Producer(tensor) is { } node ? node.Describe() : $"'{tensor}'";
}
