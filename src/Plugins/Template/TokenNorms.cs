namespace PluginLens.Plugins;

/// <summary>Tokens by the Euclidean norm of their row of W_E, largest first: <c>|E_t| = sqrt(sum_i E_ti^2)</c>.</summary>
[Analysis("token-norms", "Tokens with the largest embeddings",
    Answers = "Which rows of W_E are longest: the tokens that weigh most wherever the model adds embeddings up.")]
[Holds(Verdict.Approximate, Trait.PostNorm, "a norm follows the embedding, so its length does not survive")]
[Writes("token-norms", typeof(TokenNorm))]
public sealed class TokenNorms : Analysis<TokenNormsOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, TokenNormsOptions options)
    {
        var model = context.Model;
        var keep = options.Mask(model);

        // Asked for once: coded weights are decoded for whoever asks.
        var embedding = model.WE;
        var best = Enumerable.Range(0, model.Config.DVocab)
            .Where(id => keep is null || keep[id])
            .Select(id => (Id: id, Norm: Norm(embedding.Row(id))))
            .OrderByDescending(token => token.Norm)
            .ThenBy(token => token.Id)
            .Take(options.K);

        var table = context.Results.Table<TokenNorm>("token-norms");
        foreach (var (rank, (id, norm)) in best.Index())
        {
            table.Add(new TokenNorm(rank + 1, model.Token(id), norm));
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, TokenNormsOptions options)
    {
        // Two operations for each number of W_E; an id, a norm and, at most, a row for each token.
        var (tokens, listed) = ((double)context.Model.Config.DVocab, Math.Min(options.K, context.Model.Config.DVocab));
        return new Cost(2 * tokens * context.Model.Config.DModel, (32 * tokens) + (128.0 * listed));
    }

    /// <summary>Euclidean norm, summed in float64.</summary>
    /// <param name="row">One row of W_E, <c>[d_model]</c>.</param>
    private static double Norm(ReadOnlySpan<float> row)
    {
        var sum = 0.0;
        foreach (var value in row)
        {
            sum += (double)value * value;
        }

        return Math.Sqrt(sum);
    }
}

/// <summary>A token and the length of its embedding.</summary>
/// <param name="Rank">1 = longest.</param>
/// <param name="Token">The token.</param>
/// <param name="Norm">Euclidean norm of its row of W_E.</param>
public sealed record TokenNorm(int Rank, Token Token, double Norm);

/// <summary>Options of <c>token-norms</c>; which tokens take part comes from <see cref="TokenFilter"/>.</summary>
public sealed record TokenNormsOptions : TokenFilter
{
    /// <summary>List length.</summary>
    [AtLeast(1)]
    [Help("How many tokens to list.")]
    public int K { get; init; } = 20;
}
