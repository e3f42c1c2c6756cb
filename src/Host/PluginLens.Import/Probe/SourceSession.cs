using Google.Protobuf;
using PluginLens.Import.Source;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Files;
using PluginLens.Models.Format.Proto;
using PluginLens.Models.Sessions;

namespace PluginLens.Import.Probe;

/// <summary>The source graph in a session, with any of its tensors as outputs.</summary>
internal sealed class SourceSession : IDisposable
{
    // Small tensors may be shapes and axes, which the runtime must see while it loads; large ones are handed over.
    private const int InlineElements = 1024;
    private readonly GraphSession _session;
    private readonly string[] _outputs;

    private SourceSession(string path, string output)
    {
        _outputs = [output];
        _session = Load(() => new GraphSession(path), Path.GetFileName(path));
    }

    public SourceSession(SourceModel model, IReadOnlyList<NodeProto> nodes, IEnumerable<string> outputs)
    {
        _outputs = [.. outputs];
        var proto = new ModelProto { IrVersion = Math.Max(4, model.Proto.IrVersion), Graph = new GraphProto { Name = "source" } };
        proto.OpsetImport.Add(model.Proto.OpsetImport.Where(o => o.Domain is "" or "ai.onnx").Take(1));
        proto.OpsetImport.Add(new OperatorSetIdProto { Domain = NodeParts.Contrib, Version = 1 });
        proto.Graph.Node.Add(nodes);
        proto.Graph.Input.Add(model.Inputs);
        proto.Graph.Output.Add(_outputs.Select(name => new ValueInfoProto { Name = name }));
        var read = nodes.SelectMany(n => n.Input).Concat(_outputs).ToHashSet(StringComparer.Ordinal);
        var constants = model.Constants.Where(c => read.Contains(c.Key)).ToLookup(c => IsHandedOver(c.Value));
        // ONNX Runtime wants the data file that the graph names for a weight to exist: the source itself does.
        var file = File.ResolveLinkTarget(model.Path, returnFinalTarget: true)?.FullName ?? model.Path;
        proto.Graph.Initializer.Add(constants[false].Select(c => c.Value.Inline()));
        proto.Graph.Initializer.Add(constants[true].Select(c => External(c.Key, c.Value, Path.GetFileName(file))));
        PinnedWeight[] weights = [.. constants[true].Select(c => new PinnedWeight(c.Key, new Tensor(c.Key, c.Value.Floats(), [.. c.Value.Shape.Select(d => (int)d)])))];
        _session = Load(() => new GraphSession(proto.ToByteArray(), weights, Path.GetDirectoryName(file)!), model.FileName);
    }

    /// <summary>The source as it is stored, one output of it; its nodes where the runtime could not run the file itself, or another graph was read from it.</summary>
    public static SourceSession AsStored(SourceModel model, string output) =>
        model is { HasHalves: false, IsDequantised: false, IsMerged: false, Proto.Functions.Count: > 0 } && model.Outputs.Any(o => o.Name == output) && !model.HasForeignPaths
            ? new SourceSession(model.Path, output) : new SourceSession(model, model.Nodes, [output]);

    /// <summary>Runs the graph.</summary>
    /// <param name="inputs">Input name to its value.</param>
    public Dictionary<string, ProbeTensor> Run(IReadOnlyDictionary<string, GraphArray> inputs)
    {
        try
        {
            return _outputs.Zip(_session.Run(inputs, _outputs)).Where(r => r.Second is not null)
                .ToDictionary(r => r.First, r => ProbeTensor.Of(r.Second!), StringComparer.Ordinal);
        }
        catch (GraphSessionException e)
        {
            throw new ModelException($"The source graph does not run in ONNX Runtime: {FirstLine(e)}", e);
        }
    }

    public void Dispose() => _session.Dispose();

    private static string FirstLine(Exception e) => e.Message.Split('\n')[0].Trim();

    private static GraphSession Load(Func<GraphSession> load, string name)
    {
        try
        {
            return load();
        }
        catch (GraphSessionException e)
        {
            throw new ModelException($"ONNX Runtime does not load '{name}': {FirstLine(e)}", e);
        }
    }

    private static bool IsHandedOver(SourceTensor tensor) => ElementTypes.IsFloat(tensor.Type) && tensor.Type != ElementTypes.Double && tensor.Elements > InlineElements;

    private static TensorProto External(string name, SourceTensor tensor, string file)
    {
        var proto = new TensorProto { Name = name, DataType = ElementTypes.Float, DataLocation = TensorProto.Types.DataLocation.External };
        proto.Dims.Add(tensor.Shape);
        proto.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = file });
        return proto;
    }
}
