using PluginLens.Models.Format.Files;

namespace PluginLens.Models.Format.Coded;

/// <summary>The unembedding where it is the embedding transposed and stored once: the graph multiplies by the embedding's rows.</summary>
/// <param name="embedding">W_E, [d_vocab, d_model].</param>
internal sealed class TiedWeight(ModelWeight embedding) : ModelWeight(Unembedding, ElementType.Float, [embedding.Shape[1], embedding.Shape[0]])
{
    public const string Embedding = "embed.W_E";
    public const string Unembedding = "unembed.W_U";

    private readonly HeldValues _values = new();

    /// <summary>The values, [d_model, d_vocab], without a copy.</summary>
    public Matrix View => embedding.Read().AsMatrix().Transpose();

    /// <inheritdoc/>
    public override IEnumerable<ModelWeight> Stored => [];

    /// <inheritdoc/>
    public override nint Address => throw new InvalidOperationException($"'{Name}' lies nowhere: it is '{embedding.Name}' transposed.");

    /// <inheritdoc/>
    public override Tensor Read() => new(Name, _values.Of(Transpose), Shape);

    private float[] Transpose()
    {
        var values = GC.AllocateUninitializedArray<float>(Count);
        Transposed.Copy(embedding.Read().Span, embedding.Shape[0], embedding.Shape[1], values);
        return values;
    }
}
