namespace PluginLens.Toolkit;

/// <summary>The vocabulary as rows, for parameters that read the residual stream and for those that write it. Views of the weights; copies nothing.</summary>
/// <param name="model">The model.</param>
/// <param name="choice">Which matrix stands on which side.</param>
public sealed class VocabularySides(Model model, EmbeddingChoice choice = EmbeddingChoice.Auto)
{
    private readonly bool _hasUnembedding = model.HasWeight("unembed.W_U");
    private readonly Dictionary<string, NormedVocabulary> _compared = [];

    /// <summary>Rows for what reads the stream, <c>V x d_model</c>.</summary>
    public Matrix Reading => Of(writes: false);

    /// <summary>Rows for what writes the stream, <c>V x d_model</c>.</summary>
    public Matrix Writing => Of(writes: true);

    /// <summary>Rows for one kind of parameter, <c>V x d_model</c>.</summary>
    /// <param name="writes">Whether the parameter writes to the stream.</param>
    /// <exception cref="UsageException">W_U is asked for and the model has none.</exception>
    public Matrix Of(bool writes)
    {
        if (UsesInput(writes))
        {
            return model.WE;
        }

        return _hasUnembedding ? model.WU.Transpose() : throw new UsageException(
            $"Model '{model.Config.Name}' has no unembedding (an encoder without a head); use --embedding input or auto.");
    }

    /// <summary>Rows for one kind of parameter, ready for search; made once.</summary>
    /// <param name="writes">Whether the parameter writes to the stream.</param>
    public NormedVocabulary Compared(bool writes) =>
        _compared.TryGetValue(Name(writes), out var known) ? known : _compared[Name(writes)] = new NormedVocabulary(Of(writes), norm: null);

    /// <summary>The name of the matrix, for notes: <c>W_E</c> or <c>W_U</c>.</summary>
    /// <param name="writes">Whether the parameter writes to the stream.</param>
    public string Name(bool writes) => UsesInput(writes) ? "W_E" : "W_U";

    /// <summary>A clause for notes: which matrix stands on which side.</summary>
    public string Description => $"reading side {Name(writes: false)}, writing side {Name(writes: true)}";

    private bool UsesInput(bool writes) => choice switch
    {
        EmbeddingChoice.Input => true,
        EmbeddingChoice.Output => false,
        _ => !writes || !_hasUnembedding,
    };
}
