using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using PluginLens.Models.Format.Files;

namespace PluginLens.Models.Sessions;

/// <summary>An ONNX Runtime session on a slice; the weights are the mapped ones.</summary>
internal sealed class SliceSession : IDisposable
{
    /// <summary>Keeps given weights alive: the session knows only their addresses.</summary>
    private readonly IReadOnlyDictionary<string, ModelWeight> _source;
    private readonly List<OrtValue> _weights = [];
    private readonly InferenceSession _session;

    /// <summary>Opens the session.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="weights">Where each weight lies.</param>
    /// <param name="folder">The model's folder.</param>
    /// <param name="threads">Threads; 0 = one for each processor.</param>
    /// <param name="cuda">Whether to run on CUDA.</param>
    public SliceSession(GraphSlice slice, IReadOnlyDictionary<string, ModelWeight> weights, string folder, int threads, bool cuda)
    {
        (Slice, _source) = (slice, weights);
        using var options = new SessionOptions
        {
            // Off: every hook stays what its name says, no weight is copied by constant folding, and the transpose optimizer, which breaks
            // broadcasts where a transposed tensor is also an output (still in 1.31), stays away. Basic without it gains nothing that shows.
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
            IntraOpNumThreads = threads == 0 ? Environment.ProcessorCount : threads,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("session.disable_prepacking", "1");
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");

        // The weights come from the map, but ONNX Runtime checks that the data files named in the graph exist.
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", folder);
        try
        {
            foreach (var name in slice.Weights)
            {
                var weight = _source[name];
                var value = OrtValue.CreateTensorValueWithData(
                    OrtMemoryInfo.DefaultInstance, (TensorElementType)weight.Type, [.. weight.Shape.Select(extent => (long)extent)], weight.Address, weight.Bytes);
                _weights.Add(value);
                options.AddInitializer(name, value);
            }

            if (cuda)
            {
                options.AppendExecutionProvider_CUDA(0);
            }

            _session = new InferenceSession(slice.Model.ToByteArray(), options);
        }
        catch (OnnxRuntimeException error)
        {
            _weights.ForEach(value => value.Dispose());
            throw new ModelException($"ONNX Runtime refuses the graph: {error.Message.ReplaceLineEndings(" ")}; export the model again.", error);
        }
    }

    /// <summary>What the session computes.</summary>
    public GraphSlice Slice { get; }

    /// <summary>One pass; may be called from several threads.</summary>
    /// <param name="inputs">A value for each input of the slice.</param>
    /// <param name="outputs">Hooks to fetch.</param>
    /// <param name="cancellation">Stops the pass.</param>
    public IDisposableReadOnlyCollection<OrtValue> Run(IReadOnlyDictionary<string, OrtValue> inputs, IReadOnlyList<string> outputs, CancellationToken cancellation)
    {
        using var options = new RunOptions();
        using var registration = cancellation.Register(() => options.Terminate = true);
        try
        {
            var results = _session.Run(options, [.. inputs.Keys], [.. inputs.Values], outputs);
            GC.KeepAlive(_source);
            return results;
        }
        catch (OnnxRuntimeException error)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new ModelException($"ONNX Runtime failed in the forward pass: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _weights.ForEach(value => value.Dispose());
    }
}
