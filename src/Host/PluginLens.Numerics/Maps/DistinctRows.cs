namespace PluginLens.Numerics.Maps;

/// <summary>Rows that differ, in the order in which they first occur, and how often each occurs: equal rows are one point of a map.</summary>
internal sealed class DistinctRows
{
    private readonly int[] _of;

    /// <summary>Compares all rows; zero equals minus zero.</summary>
    /// <param name="x">Rows, <c>n x d</c>; not kept.</param>
    public DistinctRows(Matrix64 x)
    {
        var seen = new Dictionary<int, int>(x.Rows, new ByValue(x));
        var first = new List<int>(x.Rows);
        _of = new int[x.Rows];
        for (var row = 0; row < x.Rows; row++)
        {
            if (!seen.TryGetValue(row, out _of[row]))
            {
                seen[row] = _of[row] = first.Count;
                first.Add(row);
            }
        }

        First = [.. first];
        Counts = new double[first.Count];
        foreach (var which in _of)
        {
            Counts[which]++;
        }

        Rows = Pick(x);
    }

    /// <summary>The rows, <c>m x d</c>.</summary>
    public Matrix64 Rows { get; }

    /// <summary>Where each stands first, <c>[m]</c>.</summary>
    public int[] First { get; }

    /// <summary>How often each occurs, <c>[m]</c>.</summary>
    public double[] Counts { get; }

    /// <summary>The distinct ones of what belongs to all rows.</summary>
    /// <param name="all">One row for each row, <c>n x any</c>.</param>
    /// <returns><c>m x any</c>.</returns>
    public Matrix64 Pick(Matrix64 all) => Gather(all, First);

    /// <summary>Back to one row for each row.</summary>
    /// <param name="distinct">One row for each distinct row, <c>m x any</c>.</param>
    /// <returns><c>n x any</c>.</returns>
    public Matrix64 Expand(Matrix64 distinct) => Gather(distinct, _of);

    private static Matrix64 Gather(Matrix64 from, int[] rows)
    {
        var result = new Matrix64(rows.Length, from.Columns);
        for (var row = 0; row < rows.Length; row++)
        {
            from.Row(rows[row]).CopyTo(result.Row(row));
        }

        return result;
    }

    private sealed class ByValue(Matrix64 x) : IEqualityComparer<int>
    {
        public bool Equals(int one, int other) => x.Row(one).SequenceEqual(x.Row(other));

        public int GetHashCode(int row)
        {
            var hash = default(HashCode);
            foreach (var value in x.Row(row))
            {
                hash.Add(value);
            }

            return hash.ToHashCode();
        }
    }
}
