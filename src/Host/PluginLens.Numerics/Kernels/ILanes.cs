namespace PluginLens.Numerics.Kernels;

/// <summary>
/// What a tile kernel needs of a vector register. One generic kernel text serves every width and both precisions; the compiler
/// makes each instantiation a straight run of vector instructions.
/// </summary>
/// <typeparam name="TVector">The register.</typeparam>
/// <typeparam name="T">A lane of it.</typeparam>
internal unsafe interface ILanes<TVector, T>
    where TVector : struct
    where T : unmanaged
{
    /// <summary>Numbers in a register.</summary>
    static abstract int Count { get; }

    static abstract TVector Load(T* source);

    static abstract void Store(TVector value, T* destination);

    static abstract TVector Broadcast(T* source);

    /// <summary>a * b + c, rounded once where the processor can.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    static abstract TVector Max(TVector a, TVector b);

    static abstract TVector Min(TVector a, TVector b);

    /// <summary>A bit for each lane in which a >= b.</summary>
    static abstract uint AtLeast(TVector a, TVector b);

    static abstract TVector Abs(TVector value);

    static abstract TVector Negate(TVector value);
}
