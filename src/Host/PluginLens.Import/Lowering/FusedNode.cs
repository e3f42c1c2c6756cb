using PluginLens.Import.Source;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Lowering;

/// <summary>A fused operator: its inputs, their shapes in the run, and its attributes.</summary>
/// <param name="node">The node.</param>
/// <param name="shapes">Shape of every tensor that it reads.</param>
internal sealed class FusedNode(NodeProto node, IReadOnlyDictionary<string, long[]> shapes)
{
    /// <summary>Name of its first output.</summary>
    public string Output => node.Output[0];

    /// <summary>An input's name, or null where it is left out.</summary>
    public string? Input(int at) => node.OptionalInput(at);

    /// <summary>A further output's name, or null where nothing wants it.</summary>
    public string? Result(int at) => node.OptionalOutput(at);

    /// <summary>The input's shape; empty where it is left out.</summary>
    public long[] Shape(int at) => Input(at) is { } name ? shapes[name] : [];

    public long Integer(string name) => node.Integer(name);

    public float Float(string name) => node.Float(name, 0);

    /// <summary>A whole number that must be there and positive.</summary>
    public int Count(string name) => Integer(name) is > 0 and < int.MaxValue and var count ? (int)count : throw Refused($"has no '{name}'");

    /// <summary>Refuses attributes other than these, unless they are zero (or the word for none).</summary>
    public static void Allow(NodeProto node, string[] attributes)
    {
        if (node.Attribute.FirstOrDefault(a => !attributes.Contains(a.Name) && !(a.I is 0 or -1 && a.F == 0 && (a.S.IsEmpty || a.S.ToStringUtf8() == "NONE"))) is { } other)
        {
            throw Refused(node, $"uses '{other.Name}'");
        }
    }

    public ModelException Refused(string why) => Refused(node, why);

    public static ModelException Refused(NodeProto node, string why) => new($"Operator {node.Operator()} ({node.Describe()}) {why}; it is not imported.");
}
