using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Graph;

/// <summary>Attributes of a node by name.</summary>
internal static class NodeAttributes
{
    public static long Integer(this NodeProto node, string name, long otherwise = 0) => node.Attribute.FirstOrDefault(a => a.Name == name)?.I ?? otherwise;

    public static float Float(this NodeProto node, string name, float otherwise) => node.Attribute.FirstOrDefault(a => a.Name == name)?.F ?? otherwise;
}
