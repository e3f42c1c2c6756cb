namespace PluginLens.Numerics.Kernels;

/// <summary>
/// What the screen's tile needs of a vector register: a lane of 32 bits belongs to one column and holds four of its bytes, or two
/// sums of 16 bits, or their total.
/// </summary>
/// <typeparam name="TVector">The register.</typeparam>
internal unsafe interface IByteLanes<TVector>
    where TVector : struct
{
    /// <summary>Columns in a register.</summary>
    static abstract int Count { get; }

    static abstract TVector Load(int* source);

    static abstract void Store(TVector value, int* destination);

    static abstract TVector Broadcast(int value);

    /// <summary>Adds the products of neighbouring bytes, two by two, to sums of 16 bits; these may wrap, the two products together must fit.</summary>
    /// <param name="unsigned">Bytes from 0 to 127.</param>
    /// <param name="signed">Bytes from -127 to 127.</param>
    /// <param name="sums">The sums so far.</param>
    static abstract TVector MultiplyAdd(TVector unsigned, TVector signed, TVector sums);

    /// <summary>Sums of 16 bits with the opposite sign.</summary>
    static abstract TVector Negate(TVector sums);

    /// <summary>The two sums of each lane added up to 32 bits.</summary>
    static abstract TVector Total(TVector sums);

    /// <summary>The larger of 16-bit sums.</summary>
    static abstract TVector MaxSums(TVector a, TVector b);

    /// <summary>Whether any 16-bit sum is above a limit.</summary>
    static abstract bool AnyAbove(TVector sums, short limit);

    /// <summary>The larger of 32-bit totals.</summary>
    static abstract TVector Max(TVector a, TVector b);

    /// <summary>A bit for each lane whose 32-bit total is above a limit.</summary>
    static abstract uint Above(TVector totals, TVector limit);
}
