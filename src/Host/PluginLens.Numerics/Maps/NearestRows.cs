using System.Numerics.Tensors;

namespace PluginLens.Numerics.Maps;

/// <summary>The nearest other rows of each row, exactly: every distance is a sum of squared differences in float64, so that equal rows are at distance 0.</summary>
internal static class NearestRows
{
    /// <summary>Rows whose distances are looked for at a time, and rows that they are compared with at a time: both stay in the cache.</summary>
    private const int Block = 32;

    /// <summary>Euclidean distances to the nearest, nearest first, the lower row where they tie.</summary>
    /// <param name="x">Rows, <c>n x d</c>.</param>
    /// <param name="count">How many; no more than n - 1.</param>
    /// <param name="threads">Threads; the result does not depend on them.</param>
    /// <param name="cancellation">Watched.</param>
    /// <returns><c>[n][count]</c>.</returns>
    public static Link[][] Of(Matrix64 x, int count, int threads, CancellationToken cancellation)
    {
        var result = new Link[x.Rows][];
        Workers.ForEach(threads, (x.Rows + Block - 1) / Block, cancellation, block =>
        {
            var first = block * Block;
            var rows = Math.Min(Block, x.Rows - first);
            var distances = new double[rows * x.Rows];
            for (var from = 0; from < x.Rows; from += Block)
            {
                for (var row = 0; row < rows; row++)
                {
                    for (var other = from; other < Math.Min(from + Block, x.Rows); other++)
                    {
                        distances[(row * x.Rows) + other] = TensorPrimitives.Distance<double>(x.Row(first + row), x.Row(other));
                    }
                }
            }

            for (var row = 0; row < rows; row++)
            {
                result[first + row] = Nearest(distances.AsSpan(row * x.Rows, x.Rows), first + row, Math.Min(count, x.Rows - 1));
            }
        });
        return result;
    }

    // Inserts into a sorted list; most rows are farther than its last and cost one comparison.
    private static Link[] Nearest(ReadOnlySpan<double> distances, int self, int count)
    {
        var list = new Link[count];
        var length = 0;
        for (var other = 0; other < distances.Length && count > 0; other++)
        {
            var distance = distances[other];
            if (other == self || (length == count && distance >= list[length - 1].Value))
            {
                continue;
            }

            var at = length < count ? length++ : length - 1;
            for (; at > 0 && list[at - 1].Value > distance; at--)
            {
                list[at] = list[at - 1];
            }

            list[at] = new Link(other, distance);
        }

        return list;
    }
}
