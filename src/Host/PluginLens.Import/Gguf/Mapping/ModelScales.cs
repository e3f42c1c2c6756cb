namespace PluginLens.Import.Gguf.Mapping;

/// <summary>The multipliers that some models apply as they run. They go into the weights, once, in float32.</summary>
/// <param name="Embedding">Of the embedding.</param>
/// <param name="Residual">Of what a sublayer adds to the stream.</param>
/// <param name="Logits">Of the logits.</param>
internal sealed record ModelScales(float Embedding, float Residual, float Logits)
{
    /// <summary>Reads the multipliers.</summary>
    /// <param name="kind">The architecture.</param>
    /// <param name="keys">The model's keys.</param>
    public static ModelScales Of(Architecture kind, ModelKeys keys)
    {
        var logits = kind.Scales.Contains("logit_scale") ? (float)(keys.Positive("logit_scale") ?? 1) : 1;
        return new ModelScales(
            kind.RootEmbedding ? MathF.Sqrt(keys.Count("embedding_length")) : (float)(keys.Positive("embedding_scale") ?? 1),
            (float)(keys.Positive("residual_scale") ?? 1),
            kind.DividedLogits ? 1 / logits : logits);
    }
}
