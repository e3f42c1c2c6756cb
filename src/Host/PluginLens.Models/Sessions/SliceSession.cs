using Google.Protobuf;
using PluginLens.Models.Format.Files;

namespace PluginLens.Models.Sessions;

/// <summary>A session on a slice; the weights are the mapped ones.</summary>
internal sealed class SliceSession : IDisposable
{
    private readonly GraphSession _session;

    /// <summary>Opens the session.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="weights">Where each weight lies.</param>
    /// <param name="folder">The model's folder.</param>
    /// <param name="cuda">Whether to run on CUDA.</param>
    /// <param name="use">How much it is for.</param>
    public SliceSession(GraphSlice slice, IReadOnlyDictionary<string, ModelWeight> weights, string folder, bool cuda, SessionUse use)
    {
        Slice = slice;
        try
        {
            _session = new GraphSession(slice.Model.ToByteArray(), [.. slice.Weights.Select(name => weights[name])], folder, cuda, use);
        }
        catch (GraphSessionException error)
        {
            throw new ModelException($"ONNX Runtime refuses the graph: {error.Message.ReplaceLineEndings(" ")}; export the model again.", error);
        }
    }

    /// <summary>What the session computes.</summary>
    public GraphSlice Slice { get; }

    /// <summary>One pass; may be called from several threads.</summary>
    /// <param name="inputs">A value for each input of the slice.</param>
    /// <param name="outputs">Hooks to fetch.</param>
    /// <param name="cancellation">Stops the pass.</param>
    public IReadOnlyList<GraphArray?> Run(IReadOnlyDictionary<string, GraphArray> inputs, IReadOnlyList<string> outputs, CancellationToken cancellation)
    {
        try
        {
            return _session.Run(inputs, outputs, cancellation);
        }
        catch (GraphSessionException error)
        {
            throw new ModelException($"ONNX Runtime failed in the forward pass: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
