using System.Numerics.Tensors;

namespace PluginLens.Numerics.Maps;

/// <summary>
/// Closeness of rows as t-SNE has it: <c>p(j|i) ∝ exp(-β_i d_ij²)</c> over the others or the nearest of them, β_i such that the entropy is the logarithm of the
/// perplexity; <c>p_ij = (p(j|i) + p(i|j)) / 2n</c>. A row that occurs m times stands for its m copies: it counts m times for others and m - 1 times for itself.
/// </summary>
internal static class Affinities
{
    private const int MostSteps = 200;

    /// <summary>Closeness of all pairs of distinct rows, summed over their copies; 1 in all.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="perplexity">Effective number of neighbours.</param>
    /// <param name="nearest">Neighbours that count, copies included.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="cancellation">Watched.</param>
    public static SymmetricLinks Of(DistinctRows rows, double perplexity, int nearest, int threads, CancellationToken cancellation)
    {
        var neighbours = NearestRows.Of(rows.Rows, nearest, threads, cancellation);
        var n = rows.Counts.Sum();
        var sides = new Link[neighbours.Length][];
        Workers.ForEach(threads, sides.Length, cancellation, row =>
        {
            var (ids, squares, counts) = WithCopies(neighbours[row], rows.Counts, row, nearest);
            var p = new double[ids.Length];
            Precision(squares, counts, perplexity, p);
            sides[row] = [.. ids.Select((id, at) => new Link(id, rows.Counts[row] * p[at] / (2 * n)))];
        });
        return new SymmetricLinks(sides, (one, other) => one + other);
    }

    // Copies of the row itself first, then the others until enough are counted; of the last as many as are left to count.
    private static (int[] Ids, double[] Squares, double[] Counts) WithCopies(Link[] neighbours, double[] counts, int row, int nearest)
    {
        var all = (counts[row] > 1 ? [new Link(row, 0)] : Array.Empty<Link>()).Concat(neighbours);
        var (taken, counted, left) = (new List<Link>(), new List<double>(), (double)nearest);
        foreach (var link in all.TakeWhile(_ => left > 0))
        {
            taken.Add(link);
            counted.Add(Math.Min(left, link.Row == row ? counts[row] - 1 : counts[link.Row]));
            left -= counted[^1];
        }

        return ([.. taken.Select(link => link.Row)], [.. taken.Select(link => link.Value * link.Value)], [.. counted]);
    }

    /// <summary>
    /// Bisects β. Where more copies lie nearest than the perplexity asks for, no β reaches it: then β grows until nothing but the copies has weight.
    /// </summary>
    /// <param name="squares">Squared distances, <c>[k]</c>.</param>
    /// <param name="counts">How often each counts, <c>[k]</c>.</param>
    /// <param name="perplexity">Effective number of neighbours.</param>
    /// <param name="p">Receives probabilities, <c>[k]</c>.</param>
    /// <returns>β.</returns>
    internal static double Precision(ReadOnlySpan<double> squares, ReadOnlySpan<double> counts, double perplexity, Span<double> p)
    {
        var nearest = double.PositiveInfinity;
        foreach (var square in squares)
        {
            nearest = Math.Min(nearest, square);
        }

        double low = 0, high = double.PositiveInfinity, precision = 1;
        for (var step = 0; ; step++)
        {
            double sum = 0, weighted = 0;
            for (var j = 0; j < p.Length; j++)
            {
                p[j] = counts[j] * Math.Exp(-precision * (squares[j] - nearest));
                sum += p[j];
                weighted += p[j] * (squares[j] - nearest);
            }

            var difference = Math.Log(sum) + (precision * weighted / sum) - Math.Log(perplexity);
            if (Math.Abs(difference) < 1e-10 || step == MostSteps)
            {
                TensorPrimitives.Divide(p, sum, p);
                return precision;
            }

            (low, high) = difference > 0 ? (precision, high) : (low, precision);
            precision = double.IsPositiveInfinity(high) ? precision * 2 : (low + high) / 2;
        }
    }
}
