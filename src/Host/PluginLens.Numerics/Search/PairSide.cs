using System.Runtime.CompilerServices;
using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Search;

/// <summary>
/// One factor of a pair search: the rows that take part, equal rows (of one class) merged, sorted by norm from large to small.
/// Merging keeps ties by the million (padding rows, all-zero factors) as cheap as one row.
/// </summary>
internal sealed unsafe class PairSide : IDisposable
{
    private readonly int[] order;
    private readonly int[] starts;

    /// <summary>Reads, checks, merges and sorts.</summary>
    /// <param name="matrix">The factor, <c>n x r</c>.</param>
    /// <param name="keep">Rows that take part, <c>[n]</c>; null = all.</param>
    /// <param name="classes">Class of each row, <c>[n]</c>; null = none.</param>
    /// <param name="name">For messages: "A" or "B".</param>
    /// <param name="threads">Threads for reading it.</param>
    public PairSide(Matrix matrix, bool[]? keep, int[]? classes, string name, int threads)
    {
        Data = new RowMajor(matrix);
        Classes = classes;
        try
        {
            var squares = RowNorms.Squared(Data, name, threads);
            order = Sorted(squares, keep, classes);
            starts = Groups(squares);
            Count = starts.Length - 1;
            Rows = new int[Count];
            Norms = new double[Count];
            for (var i = 0; i < Count; i++)
            {
                Rows[i] = order[starts[i]];
                Norms[i] = Math.Sqrt(squares[Rows[i]]) * (1 + 1e-9);
            }
        }
        catch
        {
            Data.Dispose();
            throw;
        }
    }

    /// <summary>Every row of the factor.</summary>
    public RowMajor Data { get; }

    /// <summary>Distinct rows that take part.</summary>
    public int Count { get; }

    /// <summary>The first row of each set of equal rows, <c>[Count]</c>.</summary>
    public int[] Rows { get; }

    /// <summary>Upper bounds of their norms, descending, <c>[Count]</c>.</summary>
    public double[] Norms { get; }

    /// <summary>Class of each row of the factor, or null.</summary>
    public int[]? Classes { get; }

    /// <summary>Rows that take part, equal ones counted each.</summary>
    public int MemberCount => order.Length;

    /// <summary>All rows equal to one, ascending.</summary>
    /// <param name="index">Place in <see cref="Rows"/>.</param>
    public ReadOnlySpan<int> Members(int index) => order.AsSpan(starts[index]..starts[index + 1]);

    public void Dispose() => Data.Dispose();

    private int[] Sorted(double[] squares, bool[]? keep, int[]? classes)
    {
        var rows = Enumerable.Range(0, Data.Rows).Where(row => keep is null || keep[row]).ToArray();
        NormOrder.Descending(rows, squares);
        for (int start = 0, end; start < rows.Length; start = end)
        {
            for (end = start + 1; end < rows.Length && squares[rows[end]] == squares[rows[start]]; end++)
            {
            }

            if (end - start > 1)
            {
                SortEqualNorms(rows.AsSpan(start..end), classes);
            }
        }

        return rows;
    }

    private void SortEqualNorms(Span<int> rows, int[]? classes)
    {
        var keys = new (ulong Hash, int Class, int Row)[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            keys[i] = (Hash(Data.Row(rows[i]), Data.Columns), classes?[rows[i]] ?? 0, rows[i]);
        }

        Array.Sort(keys);
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = keys[i].Row;
        }
    }

    // Equal rows have equal hashes; 0 and -0 are equal.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ulong Hash(float* row, int length)
    {
        var hash = 14695981039346656037UL;
        for (var k = 0; k < length; k++)
        {
            hash = (hash ^ BitConverter.SingleToUInt32Bits(row[k] + 0f)) * 0x9E3779B97F4A7C15UL;
            hash ^= hash >> 29;
        }

        return hash;
    }

    private int[] Groups(double[] squares)
    {
        var found = new List<int>(order.Length + 1);
        for (var i = 0; i < order.Length; i++)
        {
            if (i == 0 || squares[order[i]] != squares[order[i - 1]] || !Same(order[found[^1]], order[i]))
            {
                found.Add(i);
            }
        }

        found.Add(order.Length);
        return [.. found];
    }

    private bool Same(int first, int second) =>
        (Classes is null || Classes[first] == Classes[second]) &&
        new ReadOnlySpan<float>(Data.Row(first), Data.Columns).SequenceEqual(new ReadOnlySpan<float>(Data.Row(second), Data.Columns));
}
