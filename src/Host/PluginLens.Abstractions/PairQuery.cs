namespace PluginLens;

/// <summary>Which entries of a product A·Bᵀ are wanted.</summary>
public sealed record PairQuery
{
    /// <summary>How many; all of them where there are fewer.</summary>
    public required int K { get; init; }

    /// <summary>The smallest entries instead of the largest.</summary>
    public bool Smallest { get; init; }

    /// <summary>Rows that take part, <c>[n]</c>; null = all.</summary>
    public bool[]? KeepRows { get; init; }

    /// <summary>Columns that take part, <c>[m]</c>; null = all.</summary>
    public bool[]? KeepColumns { get; init; }

    /// <summary>A class for each row, <c>[n]</c>: a pair whose row and column have the same class is left out. Null = none is.</summary>
    public int[]? RowClasses { get; init; }

    /// <summary>A class for each column, <c>[m]</c>; needed with <see cref="RowClasses"/>.</summary>
    public int[]? ColumnClasses { get; init; }
}
