using PluginLens.Models.Format;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Source;

/// <summary>A source model that could be read: flat nodes in order of execution, its constants with their data at hand, inputs and outputs.</summary>
internal sealed class SourceModel
{
    private SourceModel(string path, ModelProto proto)
    {
        Path = path;
        Proto = proto;
    }

    /// <summary>Full path of the ONNX file.</summary>
    public string Path { get; }

    public string Folder => System.IO.Path.GetDirectoryName(Path)!;

    public string FileName => System.IO.Path.GetFileName(Path);

    /// <summary>The parsed file; its graph is not changed.</summary>
    public ModelProto Proto { get; }

    /// <summary>Nodes of the flat graph, each after those it reads; functions are inlined, Constant nodes are constants, halves are floats.</summary>
    public IReadOnlyList<NodeProto> Nodes { get; private set; } = [];

    /// <summary>Initializers and values of Constant nodes.</summary>
    public Dictionary<string, SourceTensor> Constants { get; } = [];

    /// <summary>Inputs that are not initializers.</summary>
    public IReadOnlyList<ValueInfoProto> Inputs { get; private set; } = [];

    public IReadOnlyList<ValueInfoProto> Outputs => Proto.Graph.Output;

    /// <summary>Whether some weight is stored in half precision: the graph is then run with widened weights.</summary>
    public bool HasHalves { get; private set; }

    /// <summary>Whether quantised weights were written as plain ones; the source then rounds where this graph does not.</summary>
    public bool IsDequantised { get; private set; }

    /// <summary>Whether the plain branch of a merged decoder was taken.</summary>
    public bool IsMerged { get; private set; }

    /// <summary>Whether data files are named with separators of another system, by which the runtime would not find them.</summary>
    public bool HasForeignPaths => Proto.Graph.Initializer.SelectMany(i => i.ExternalData).Any(e => e.Key == "location" && e.Value.Contains('\\', StringComparison.Ordinal));

    /// <summary>External data files, full paths.</summary>
    public IEnumerable<string> DataFiles => Constants.Values.Select(c => c.File).OfType<string>().Distinct(StringComparer.Ordinal);

    public static SourceModel Open(string path)
    {
        var model = new SourceModel(path, SourceFile.Parse(path));
        var graph = model.Proto.Graph;
        if (model.Proto.MetadataProps.Any(p => p.Key == "pluginlens.format"))
        {
            throw new ModelException($"'{model.Folder}' is a model folder already; use it as it is, or copy it.");
        }

        foreach (var initializer in graph.Initializer)
        {
            model.Constants[initializer.Name] = SourceTensor.Of(initializer, model.Path);
        }

        if (graph.SparseInitializer.Count > 0)
        {
            throw new ModelException($"'{model.FileName}' has sparse initializers, which the importer does not read; export it with dense weights.");
        }

        model.Inputs = [.. graph.Input.Where(i => !model.Constants.ContainsKey(i.Name))];
        var nodes = new List<NodeProto>();
        model.Inputs.ToList().ForEach(NodeShape.Check);
        foreach (var node in model.WithoutChoice(FunctionInliner.Inline(model.Proto)))
        {
            NodeShape.Check(node);
            if (ConstantNode.Value(node) is { } value)
            {
                model.Constants[node.Output[0]] = SourceTensor.Of(value, model.Path);
            }
            else
            {
                nodes.Add(WithoutDropout(InItsDomain(node)));
            }
        }

        IReadOnlyList<NodeProto> Sorted(IReadOnlyList<NodeProto> flat) =>
            Ordering.Sort(flat, model.Inputs.Select(i => i.Name).Concat(model.Constants.Keys), graph.Output.Select(o => o.Name));

        model.Nodes = Sorted(nodes);
        var dequantisation = new Dequantisation(model.Nodes, model.Constants, model.Path);
        var plain = dequantisation.Run();
        model.IsDequantised = dequantisation.IsNeeded;
        model.Nodes = model.IsDequantised ? Sorted(plain) : model.Nodes;
        NotANumber.Refuse(model.Constants.Values);
        model.HasHalves = model.Constants.Values.Any(c => ElementTypes.IsHalf(c.Type)) || model.Inputs.Any(i => ElementTypes.IsHalf(i.Type.TensorType.ElemType));
        if (model.HasHalves)
        {
            model.Nodes = [.. model.Nodes.Select(Widening.Of)];
            model.Inputs = [.. model.Inputs.Select(Widening.Of)];
        }

        return model;
    }

    /// <summary>The nodes with a merged decoder's plain branch in place; what chose and what only the other branch reads is no input then.</summary>
    private IReadOnlyList<NodeProto> WithoutChoice(IReadOnlyList<NodeProto> nodes)
    {
        var initializers = new List<TensorProto>();
        if (PlainBranch.Take(nodes, Inputs, initializers) is not { } plain)
        {
            return nodes;
        }

        IsMerged = true;
        initializers.ForEach(initializer => Constants[initializer.Name] = SourceTensor.Of(initializer, Path));
        var read = PlainBranch.Reads(plain);
        Inputs = [.. Inputs.Where(i => read.Contains(i.Name))];
        return plain;
    }

    /// <summary>Norms that ONNX Runtime has in the standard domain only, whatever some exporters say.</summary>
    private static NodeProto InItsDomain(NodeProto node) =>
        node.Domain == NodeParts.Contrib && node.OpType is "SimplifiedLayerNormalization" or "LayerNormalization" ? new NodeProto(node) { Domain = "" } : node;

    /// <summary>A model exported in training mode drops at random; what it learned is what it computes without.</summary>
    private static NodeProto WithoutDropout(NodeProto node)
    {
        if (node.OpType != "Dropout" || !node.IsStandard() || node.Output.Skip(1).Any(o => o.Length > 0))
        {
            return node;
        }

        var identity = new NodeProto { OpType = "Identity", Name = node.Name };
        identity.Input.Add(node.Input[0]);
        identity.Output.Add(node.Output[0]);
        return identity;
    }
}
