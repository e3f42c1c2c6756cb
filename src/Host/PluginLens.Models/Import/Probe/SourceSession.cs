using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using PluginLens.Import.Source;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Probe;

/// <summary>The source graph in ONNX Runtime, with any of its tensors as outputs.</summary>
internal sealed class SourceSession : IDisposable
{
    // Small tensors may be shapes and axes, which the runtime must see while it loads; large ones are handed over without a copy.
    private const int InlineElements = 1024;
    private readonly SessionOptions _options = new();
    private readonly List<OrtValue> _weights = [];
    private readonly InferenceSession _session;
    private readonly string[] _outputs;
    private readonly string _file;

    private SourceSession(string path, string output)
    {
        (_file, _outputs) = (path, [output]);
        _options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
        _session = Load(() => new InferenceSession(path, _options), Path.GetFileName(path));
    }

    public SourceSession(SourceModel model, IReadOnlyList<NodeProto> nodes, IEnumerable<string> outputs)
    {
        _file = File.ResolveLinkTarget(model.Path, returnFinalTarget: true)?.FullName ?? model.Path;
        _outputs = [.. outputs];
        _options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL;
        _options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
        _options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        _options.AddSessionConfigEntry("session.disable_prepacking", "1");
        var proto = new ModelProto { IrVersion = Math.Max(4, model.Proto.IrVersion), Graph = new GraphProto { Name = "source" } };
        proto.OpsetImport.Add(model.Proto.OpsetImport.Where(o => o.Domain is "" or "ai.onnx").Take(1));
        proto.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        proto.Graph.Node.Add(nodes);
        proto.Graph.Input.Add(model.Inputs);
        proto.Graph.Output.Add(_outputs.Select(name => new ValueInfoProto { Name = name }));
        var read = nodes.SelectMany(n => n.Input).Concat(_outputs).ToHashSet(StringComparer.Ordinal);
        proto.Graph.Initializer.Add(model.Constants.Where(c => read.Contains(c.Key)).Select(c => Initializer(c.Key, c.Value)));
        // The weights are handed over, but ONNX Runtime checks that the data file that the graph names for them exists: the source itself does.
        _options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", Path.GetDirectoryName(_file)!);
        var bytes = proto.ToByteArray();
        _session = Load(() => new InferenceSession(bytes, _options), model.FileName);
    }

    /// <summary>The source as it is stored, one output of it.</summary>
    public static SourceSession AsStored(SourceModel model, string output) =>
        model is { HasHalves: false, IsDequantised: false, Proto.Functions.Count: > 0 } ? new SourceSession(model.Path, output) : new SourceSession(model, model.Nodes, [output]);

    /// <summary>Runs the graph.</summary>
    /// <param name="inputs">Input name to its value.</param>
    public Dictionary<string, ProbeTensor> Run(IReadOnlyDictionary<string, OrtValue> inputs)
    {
        try
        {
            using var options = new RunOptions();
            using var results = _session.Run(options, [.. inputs.Keys], [.. inputs.Values], _outputs);
            return _outputs.Zip(results).Where(r => Supported(r.Second)).ToDictionary(r => r.First, r => Read(r.Second), StringComparer.Ordinal);
        }
        catch (OnnxRuntimeException e)
        {
            throw new ModelException($"The source graph does not run in ONNX Runtime: {FirstLine(e)}", e);
        }
    }

    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
        _weights.ForEach(w => w.Dispose());
    }

    internal static string FirstLine(Exception e) => e.Message.Split('\n')[0].Trim();

    private static InferenceSession Load(Func<InferenceSession> load, string name)
    {
        try
        {
            return load();
        }
        catch (OnnxRuntimeException e)
        {
            throw new ModelException($"ONNX Runtime does not load '{name}': {FirstLine(e)}", e);
        }
    }

    private TensorProto Initializer(string name, SourceTensor tensor)
    {
        if (!ElementTypes.IsFloat(tensor.Type) || tensor.Type == ElementTypes.Double || tensor.Elements <= InlineElements)
        {
            return tensor.Inline();
        }

        var value = OrtValue.CreateTensorValueFromMemory(tensor.Floats(), tensor.Shape);
        _weights.Add(value);
        _options.AddInitializer(name, value);
        var proto = new TensorProto { Name = name, DataType = ElementTypes.Float, DataLocation = TensorProto.Types.DataLocation.External };
        proto.Dims.Add(tensor.Shape);
        proto.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = Path.GetFileName(_file) });
        return proto;
    }

    private static bool Supported(OrtValue value) => value.GetTensorTypeAndShape().ElementDataType
        is TensorElementType.Float or TensorElementType.Int64 or TensorElementType.Int32 or TensorElementType.Bool or TensorElementType.Double;

    public static ProbeTensor Read(OrtValue value)
    {
        var info = value.GetTensorTypeAndShape();
        return new ProbeTensor(info.Shape, info.ElementDataType switch
        {
            TensorElementType.Float => value.GetTensorDataAsSpan<float>().ToArray(),
            TensorElementType.Int64 => Array.ConvertAll(value.GetTensorDataAsSpan<long>().ToArray(), v => (float)v),
            TensorElementType.Int32 => Array.ConvertAll(value.GetTensorDataAsSpan<int>().ToArray(), v => (float)v),
            TensorElementType.Double => Array.ConvertAll(value.GetTensorDataAsSpan<double>().ToArray(), v => (float)v),
            _ => Array.ConvertAll(value.GetTensorDataAsSpan<bool>().ToArray(), v => v ? 1f : 0f),
        });
    }
}
