using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using PluginLens.Models.Format.Files;

namespace PluginLens.Models.Sessions;

/// <summary>A graph in ONNX Runtime: its bytes and its weights in once, arrays in and arrays out with each run.</summary>
internal sealed class GraphSession : IDisposable
{
    /// <summary>Keeps weights alive: the session knows only their addresses.</summary>
    private readonly IReadOnlyList<ModelWeight> _weights = [];
    private readonly List<OrtValue> _handed = [];
    private readonly InferenceSession _session;

    /// <summary>Opens a session whose weights stay where they are; nothing is copied.</summary>
    /// <param name="graph">The bytes of an ONNX model; its weights are external data without their data.</param>
    /// <param name="weights">The weights that the graph names.</param>
    /// <param name="folder">Where the data files lie that the graph names.</param>
    /// <param name="cuda">Whether to run on CUDA.</param>
    /// <param name="use">How much it is for.</param>
    /// <exception cref="GraphSessionException">ONNX Runtime does not take the graph.</exception>
    public GraphSession(byte[] graph, IReadOnlyList<ModelWeight> weights, string folder, bool cuda = false, SessionUse use = SessionUse.Little)
    {
        _weights = weights;
        LargeBuffers.Return();
        using var options = Options(use);

        // The weights are handed over, but ONNX Runtime checks that the data files named in the graph exist, and reads what is not handed over.
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", folder);
        try
        {
            // The package makes no values of four-bit types: ONNX Runtime maps these from the data file itself.
            foreach (var weight in weights.Where(weight => weight.Type is not (ElementType.UInt4 or ElementType.Int4)))
            {
                var value = OrtValue.CreateTensorValueWithData(
                    OrtMemoryInfo.DefaultInstance, (TensorElementType)weight.Type, [.. weight.Shape.Select(extent => (long)extent)], weight.Address, weight.Bytes);
                _handed.Add(value);
                options.AddInitializer(weight.Name, value);
            }

            if (cuda)
            {
                options.AppendExecutionProvider_CUDA(0);
            }

            _session = new InferenceSession(graph, options);
        }
        catch (OnnxRuntimeException error)
        {
            _handed.ForEach(value => value.Dispose());
            throw new GraphSessionException(error);
        }
    }

    /// <summary>
    /// Opens a session on a file as it is stored, optimised as everybody's: with optimisation off, a graph with functions (which no model folder has) gives
    /// other numbers each time in 1.31.
    /// </summary>
    /// <param name="path">An ONNX file.</param>
    /// <exception cref="GraphSessionException">ONNX Runtime does not take the graph.</exception>
    public GraphSession(string path)
    {
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        try
        {
            _session = new InferenceSession(path, options);
        }
        catch (OnnxRuntimeException error)
        {
            throw new GraphSessionException(error);
        }
    }

    /// <summary>One run; may be called from several threads.</summary>
    /// <param name="inputs">A value for each input of the graph.</param>
    /// <param name="outputs">Outputs to fetch.</param>
    /// <param name="cancellation">Stops the run.</param>
    /// <returns>The outputs in the order asked for; null where one holds neither numbers nor truth values that an array can hold.</returns>
    /// <exception cref="GraphSessionException">ONNX Runtime fails in the graph.</exception>
    public IReadOnlyList<GraphArray?> Run(IReadOnlyDictionary<string, GraphArray> inputs, IReadOnlyList<string> outputs, CancellationToken cancellation = default)
    {
        using var options = new RunOptions();
        using var registration = cancellation.Register(() => options.Terminate = true);
        var values = new List<OrtValue>();
        try
        {
            values.AddRange(inputs.Values.Select(Value));
            using var results = _session.Run(options, [.. inputs.Keys], values, outputs);
            GC.KeepAlive(_weights);
            return [.. results.Select(Fetched)];
        }
        catch (OnnxRuntimeException error)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new GraphSessionException(error);
        }
        finally
        {
            values.ForEach(value => value.Dispose());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // What was handed over lives as long as the session.
        _session.Dispose();
        _handed.ForEach(value => value.Dispose());
    }

    private static SessionOptions Options(SessionUse use)
    {
        var options = new SessionOptions
        {
            // Off: every tensor stays what its name says, no weight is copied by constant folding, and the transpose optimizer, which breaks
            // broadcasts where a transposed tensor is also an output (still in 1.31), stays away. Basic without it gains nothing that shows.
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,

            // One: kernels cut a product into as many parts as there are threads, and sum each part in an order that depends on its size. So a number
            // would depend on how many threads there are; passes run side by side instead.
            IntraOpNumThreads = 1,

            // One node after the other on the thread that calls, each writing where a value lay that is not needed any more and is still in the cache: half the time of
            // the other mode. But to find such places, opening compares each output with every one that is free by then, which is quadratic in the nodes: a second
            // for 30 layers of coded weights, and 0.15 in the other mode, in which nodes may run side by side: not for that, its threads gain nothing.
            ExecutionMode = use == SessionUse.Little ? ExecutionMode.ORT_PARALLEL : ExecutionMode.ORT_SEQUENTIAL,
            InterOpNumThreads = Environment.ProcessorCount + 1,

            // Sessions stay open, and each would keep what its largest pass worked with: gigabytes of long texts.
            EnableCpuMemArena = use != SessionUse.LongTexts,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("session.disable_prepacking", "1");
        options.AddSessionConfigEntry("session.inter_op.allow_spinning", "0");
        return options;
    }

    private static OrtValue Value(GraphArray array) => array.Values switch
    {
        float[] values => Copy(values, TensorElementType.Float, array.Shape),
        double[] values => Copy(values, TensorElementType.Double, array.Shape),
        long[] values => Copy(values, TensorElementType.Int64, array.Shape),
        int[] values => Copy(values, TensorElementType.Int32, array.Shape),
        bool[] values => Copy(values, TensorElementType.Bool, array.Shape),
        var other => throw new ArgumentException($"A graph takes no {other.GetType().Name}; expected an array of float, double, long, int or bool."),
    };

    /// <summary>
    /// A copy in ONNX Runtime's own memory: its kernels sum in an order that depends on the alignment of their input, and a slice that starts at
    /// an activation must give the bits of the run that computed it.
    /// </summary>
    private static OrtValue Copy<T>(T[] values, TensorElementType type, long[] shape)
        where T : unmanaged
    {
        var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, type, shape);
        values.CopyTo(value.GetTensorMutableDataAsSpan<T>());
        return value;
    }

    private static GraphArray? Fetched(OrtValue value)
    {
        var info = value.GetTensorTypeAndShape();
        Array? values = info.ElementDataType switch
        {
            TensorElementType.Float => value.GetTensorDataAsSpan<float>().ToArray(),
            TensorElementType.Double => value.GetTensorDataAsSpan<double>().ToArray(),
            TensorElementType.Int64 => value.GetTensorDataAsSpan<long>().ToArray(),
            TensorElementType.Int32 => value.GetTensorDataAsSpan<int>().ToArray(),
            TensorElementType.Bool => value.GetTensorDataAsSpan<bool>().ToArray(),
            _ => null,
        };
        return values is null ? null : new GraphArray(values, info.Shape);
    }
}
