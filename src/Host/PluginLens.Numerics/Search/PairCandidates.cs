using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Search;

/// <summary>Where the candidates of a pair search go: scored in float64 from the original factors, kept if among the best.</summary>
/// <param name="a">Left factor.</param>
/// <param name="b">Right factor.</param>
/// <param name="best">Receives pairs of first members.</param>
/// <param name="smallest">Search for the smallest: scores in <paramref name="best"/> are negated.</param>
internal sealed unsafe class PairCandidates(PairSide a, PairSide b, BestPairs best, bool smallest)
{
    /// <summary>Left factor.</summary>
    public PairSide A => a;

    /// <summary>Right factor.</summary>
    public PairSide B => b;

    /// <summary>1, or -1 where the smallest are searched.</summary>
    public double Sign { get; } = smallest ? -1 : 1;

    /// <summary>The k-th best score; nothing below it matters any more.</summary>
    public double Threshold => best.Threshold;

    /// <summary>Scores a pair.</summary>
    /// <param name="row">Place in the left factor's order.</param>
    /// <param name="column">Place in the right factor's order.</param>
    public void Offer(int row, int column)
    {
        int first = a.Rows[row], second = b.Rows[column];
        if (a.Classes is not null && a.Classes[first] == b.Classes![second])
        {
            return;
        }

        var score = Sign * DotProduct.Of(a.Data.Row(first), b.Data.Row(second), a.Data.Columns);
        if (score >= best.Threshold)
        {
            best.Add(new ScoredPair(first, second, score));
        }
    }
}
