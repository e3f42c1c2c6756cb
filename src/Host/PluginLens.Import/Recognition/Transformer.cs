namespace PluginLens.Import.Recognition;

/// <summary>All that was recognised.</summary>
/// <param name="Reading">The graph and its run.</param>
/// <param name="Embedding">The embedding sum.</param>
/// <param name="EmbeddingNorm">Norm behind the embedding sum (BERT), or null.</param>
/// <param name="Blocks">The blocks.</param>
/// <param name="Head">What stands behind them.</param>
internal sealed record Transformer(Reading Reading, EmbeddingMatch Embedding, Norm? EmbeddingNorm, IReadOnlyList<BlockMatch> Blocks, HeadMatch Head)
{
    public static Transformer Recognise(Reading reading)
    {
        var attentions = AttentionMatcher.Find(reading);
        var needed = ClassifierHead.Without(reading);
        var taken = attentions.SelectMany(a => new[] { a.Q.Linear, a.K.Linear, a.V.Linear, a.Output }).ToHashSet();
        var mlps = MlpMatcher.Find(reading, taken, needed);
        if (mlps.Count > 0 && mlps.Count != attentions.Count)
        {
            throw new ModelException($"The graph has {attentions.Count} attentions but {mlps.Count} MLPs; the importer reads models with one of each in every layer.");
        }

        var walk = new ResidualWalk(reading);
        BlockMatch[] blocks = [.. attentions.Select((a, l) => walk.Read(a, mlps.Count == 0 ? null : mlps[l]))];
        for (var l = 1; l < blocks.Length; l++)
        {
            if (ResidualWalk.Start(blocks[l]) != blocks[l - 1].End)
            {
                throw new ModelException(
                    $"Layer {l} starts from {reading.Graph.Describe(ResidualWalk.Start(blocks[l]))}, not from the end of layer {l - 1}, {reading.Graph.Describe(blocks[l - 1].End)}.");
            }
        }

        var start = ResidualWalk.Start(blocks[0]);
        var norm = reading.NormOf.GetValueOrDefault(start);
        var width = blocks[0].Attention.Q.Linear.In;
        var transformer = new Transformer(reading, EmbeddingMatcher.Read(reading, norm?.Input ?? start, width), norm, blocks, HeadMatcher.Read(reading, blocks[^1], needed));
        Leftovers.Refuse(transformer);
        return transformer;
    }

    /// <summary>Every norm that was recognised, in order.</summary>
    public IEnumerable<Norm> Norms =>
        new[] { EmbeddingNorm }.Concat(Blocks.SelectMany(b => new[] { b.Norm1, b.Norm2 })).Concat([Head.Final, Head.TransformNorm]).OfType<Norm>();

    /// <summary>Every linear map that was recognised.</summary>
    public IEnumerable<Linear> Linears =>
        Blocks.SelectMany(b => new[] { b.Attention.Q.Linear, b.Attention.K.Linear, b.Attention.V.Linear, b.Attention.Output, b.Mlp?.In.Linear, b.Mlp?.Gate?.Linear, b.Mlp?.Out })
            .Concat([Head.Unembedding, Head.Transform]).OfType<Linear>();
}
