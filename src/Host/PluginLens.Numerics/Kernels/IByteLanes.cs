namespace PluginLens.Numerics.Kernels;

/// <summary>What the screen's tile needs of a vector register: a lane of 16 bits belongs to one column and holds two of its bytes, or its sum.</summary>
/// <typeparam name="TVector">The register.</typeparam>
internal unsafe interface IByteLanes<TVector>
    where TVector : struct
{
    /// <summary>Columns in a register.</summary>
    static abstract int Count { get; }

    /// <summary>Whether there are 32 registers and not 16.</summary>
    static abstract bool ManyRegisters { get; }

    static abstract TVector Load(short* source);

    static abstract void Store(TVector value, short* destination);

    /// <summary>Two bytes, written twice in an integer, in every lane: processors load those of 32 bits faster than those of 16.</summary>
    /// <param name="value">The integer.</param>
    static abstract TVector Twice(int value);

    /// <summary>The products of neighbouring bytes, added two by two; both together must fit a lane.</summary>
    /// <param name="unsigned">Bytes from 0 to 127.</param>
    /// <param name="signed">Bytes from -127 to 127.</param>
    static abstract TVector Products(TVector unsigned, TVector signed);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Max(TVector a, TVector b);

    /// <summary>Whether any sum is above a limit.</summary>
    static abstract bool AnyAbove(TVector sums, short limit);

    /// <summary>A bit for each sum that is above a limit.</summary>
    static abstract uint Above(TVector sums, short limit);
}
