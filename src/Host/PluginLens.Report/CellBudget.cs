namespace PluginLens.Report;

/// <summary>How many rows of the tables a report takes in: what a browser still opens at once, and what bounds the memory of writing it.</summary>
internal sealed class CellBudget
{
    private const int MostRows = 200_000, LeastRows = 1_000;
    private long _cells = 6_000_000;

    /// <summary>Rows that the next table may have; every table has its first thousand.</summary>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    public int Take(long rows, int columns)
    {
        var taken = (int)Math.Min(rows, Math.Clamp(_cells / Math.Max(1, columns), LeastRows, MostRows));
        _cells = Math.Max(0, _cells - ((long)taken * columns));
        return taken;
    }
}
