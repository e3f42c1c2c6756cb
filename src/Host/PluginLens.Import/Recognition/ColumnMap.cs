using System.Runtime.InteropServices;
using PluginLens.Import.Probe;

namespace PluginLens.Import.Recognition;

/// <summary>
/// Finds which column of a linear map's output each dimension of each head is a copy of. The values themselves tell: whatever splits,
/// slices, reshapes and transposes lie between, a copied column has the same bits at every token of the run.
/// </summary>
internal static class ColumnMap
{
    /// <summary>Column of <paramref name="flat"/> for every head and dimension, or null where some value is no copy.</summary>
    /// <param name="flat">Columns to look among, <c>[batch * pos, columns]</c> in any reshaped form.</param>
    /// <param name="columns">How many there are.</param>
    /// <param name="heads">The values to place.</param>
    /// <returns><c>[heads * d_head]</c>.</returns>
    public static int[]? Find(ProbeTensor flat, int columns, HeadView heads)
    {
        var rows = flat.Values.Length / columns;
        if (rows != heads.Batch * heads.Length)
        {
            return null;
        }

        var places = new Dictionary<ulong, List<int>>();
        var column = new float[rows];
        for (var c = 0; c < columns; c++)
        {
            for (var r = 0; r < rows; r++)
            {
                column[r] = flat.Values[(r * columns) + c];
            }

            (CollectionsMarshal.GetValueRefOrAddDefault(places, Hash(column), out _) ??= []).Add(c);
        }

        var map = new int[heads.Heads * heads.Width];
        for (var i = 0; i < map.Length; i++)
        {
            for (var r = 0; r < rows; r++)
            {
                column[r] = heads[r / heads.Length, i / heads.Width, r % heads.Length, i % heads.Width];
            }

            if (!places.TryGetValue(Hash(column), out var candidates))
            {
                return null;
            }

            // Equal columns (dead heads) hold equal weights; the one that continues the row keeps the map in order.
            map[i] = i > 0 && candidates.Contains(map[i - 1] + 1) ? map[i - 1] + 1 : candidates[0];
        }

        return map;
    }

    private static ulong Hash(float[] column)
    {
        var hash = 14695981039346656037UL;
        foreach (var value in column)
        {
            // 0 and -0 are one value.
            hash = unchecked((hash ^ BitConverter.SingleToUInt32Bits(value + 0f)) * 1099511628211UL);
        }

        return hash;
    }
}
