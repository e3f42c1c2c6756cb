namespace PluginLens;

/// <summary>Which columns of each row of a product X·Bᵀ are wanted.</summary>
public sealed record RowQuery
{
    /// <summary>How many for each row; all of them where there are fewer.</summary>
    public required int K { get; init; }

    /// <summary>Which end: largest, smallest, or largest absolute value.</summary>
    public RowOrder Order { get; init; } = RowOrder.Largest;

    /// <summary>Columns that take part, <c>[m]</c>; null = all.</summary>
    public bool[]? Keep { get; init; }

    /// <summary>Added to every row of the product, <c>[m]</c> (b_U); null = none.</summary>
    public float[]? Bias { get; init; }

    /// <summary>Each column of the product is multiplied by this before the bias, <c>[m]</c> (1/norm for cosine); null = 1.</summary>
    public float[]? Scale { get; init; }
}

/// <summary>Which end of a row is wanted.</summary>
public enum RowOrder
{
    /// <summary>Largest first.</summary>
    Largest,

    /// <summary>Smallest first.</summary>
    Smallest,

    /// <summary>Largest absolute value first; the score keeps its sign.</summary>
    LargestAbsolute,
}
