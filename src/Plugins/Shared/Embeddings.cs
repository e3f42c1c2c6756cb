namespace PluginLens.Plugins;

/// <summary>Which embedding matrix stands on a side of a product with the vocabulary.</summary>
public enum EmbeddingChoice
{
    /// <summary>W_E for what reads the residual stream, W_U for what writes it.</summary>
    Auto,

    /// <summary>W_E everywhere.</summary>
    Input,

    /// <summary>W_U everywhere.</summary>
    Output,
}

/// <summary>The vocabulary as rows, for parameters that read the residual stream and for those that write it.</summary>
internal sealed class Embeddings(Model model, EmbeddingChoice choice)
{
    private readonly bool _hasUnembedding = model.HasWeight("unembed.W_U");

    /// <summary>Rows for what reads the stream, <c>V x d_model</c>.</summary>
    public Matrix Reading => Of(writes: false);

    /// <summary>Rows for what writes the stream, <c>V x d_model</c>.</summary>
    public Matrix Writing => Of(writes: true);

    /// <summary>Rows for one kind of parameter, <c>V x d_model</c>.</summary>
    /// <param name="writes">Whether the parameter writes to the stream.</param>
    public Matrix Of(bool writes)
    {
        if (UsesInput(writes))
        {
            return model.WE;
        }

        return _hasUnembedding ? model.WU.Transpose() : throw new UsageException(
            $"Model '{model.Config.Name}' has no unembedding (an encoder without a head); use --embedding input or auto.");
    }

    /// <summary>The name of the matrix, for notes: <c>W_E</c> or <c>W_U</c>.</summary>
    /// <param name="writes">Whether the parameter writes to the stream.</param>
    public string Name(bool writes) => UsesInput(writes) ? "W_E" : "W_U";

    private bool UsesInput(bool writes) => choice switch
    {
        EmbeddingChoice.Input => true,
        EmbeddingChoice.Output => false,
        _ => !writes || !_hasUnembedding,
    };
}
