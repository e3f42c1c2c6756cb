using PluginLens.Models.Format.Files;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Models.Format.Coded;

/// <summary>The nodes that compute a weight from what is stored. A folder is written with them, and read only where it has just them.</summary>
internal sealed class CodedNodes
{
    private readonly List<NodeProto> _nodes = [];
    private readonly string _weight;
    private readonly string _prefix;
    private readonly string? _rows;

    private CodedNodes(string weight, CodedForm form, string? rows)
    {
        (_weight, _rows, _prefix) = (weight, rows, rows is null ? $"_{weight}" : CodedNames.Rows(weight));
        var value = Widened(CodedNames.Codes);
        if (form.HasScale)
        {
            value = Add("Mul", ".scaled", value, Widened(CodedNames.Scale));
            value = form.HasMinimum ? Add("Add", ".sum", value, Widened(CodedNames.Minimum)) : value;
            value = Add("Reshape", ".shaped", value, rows is null ? CodedNames.Shape(weight) : CodedNames.RowsShape(weight));
        }

        if (form.HasFactor)
        {
            Add("Mul", ".multiplied", value, CodedNames.Factor(weight));
        }

        var last = _nodes[^1];
        last.Name = last.Output[0] = rows is null ? weight : _prefix;
    }

    /// <summary>The nodes that make the whole weight.</summary>
    /// <param name="weight">Canonical name.</param>
    /// <param name="form">Its steps.</param>
    public static IReadOnlyList<NodeProto> Whole(string weight, CodedForm form) => new CodedNodes(weight, form, null)._nodes;

    /// <summary>The nodes that make those rows of a weight that are looked up, and no others.</summary>
    /// <param name="weight">Canonical name.</param>
    /// <param name="form">Its steps.</param>
    /// <param name="indices">The tensor that names the rows.</param>
    public static IReadOnlyList<NodeProto> Rows(string weight, CodedForm form, string indices) => new CodedNodes(weight, form, indices)._nodes;

    private string Widened(string part)
    {
        var stored = _weight + part;
        stored = _rows is null ? stored : Add("Gather", $"{part}.taken", stored, _rows);
        var result = Add("Cast", part, stored);
        _nodes[^1].Attribute.Add(new AttributeProto { Name = "to", I = (int)ElementType.Float, Type = (int)AttributeKind.Int });
        return result;
    }

    private string Add(string op, string ending, params string[] inputs)
    {
        var output = _prefix + ending;
        var node = new NodeProto { OpType = op, Name = output };
        node.Input.Add(inputs);
        node.Output.Add(output);
        _nodes.Add(node);
        return output;
    }
}
