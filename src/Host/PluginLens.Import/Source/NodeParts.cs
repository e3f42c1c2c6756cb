using Google.Protobuf.Collections;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Source;

/// <summary>The parts of a node: its domain, attributes by name, inputs and outputs that may be left out; and its name in messages.</summary>
internal static class NodeParts
{
    /// <summary>The domain of ONNX Runtime's own operators.</summary>
    public const string Contrib = "com.microsoft";

    public static bool IsStandard(this NodeProto node) => node.Domain is "" or "ai.onnx";

    public static long Integer(this NodeProto node, string name, long otherwise = 0) => node.Attribute.FirstOrDefault(a => a.Name == name)?.I ?? otherwise;

    public static float Float(this NodeProto node, string name, float otherwise) => node.Attribute.FirstOrDefault(a => a.Name == name)?.F ?? otherwise;

    /// <summary>An input's name, or null where it is left out.</summary>
    public static string? OptionalInput(this NodeProto node, int at) => Given(node.Input, at);

    /// <summary>An output's name, or null where nothing wants it.</summary>
    public static string? OptionalOutput(this NodeProto node, int at) => Given(node.Output, at);

    /// <summary>In words: its operator, and its name or else its first output.</summary>
    public static string Describe(this NodeProto node) => $"node '{(node.Name.Length > 0 ? node.Name : node.Output.FirstOrDefault())}' ({node.Operator()})";

    /// <summary>The operator with its domain where that is not the standard one.</summary>
    public static string Operator(this NodeProto node) => node.IsStandard() ? node.OpType : $"{node.Domain}.{node.OpType}";

    private static string? Given(RepeatedField<string> names, int at) => at < names.Count && names[at].Length > 0 ? names[at] : null;
}
