namespace PluginLens.Numerics.Kernels;

/// <summary>How many sums a tile holds in registers; known to the compiler, which leaves out what a smaller tile has not.</summary>
internal interface ITileShape
{
    /// <summary>8 rows by 3 registers; else 6 by 2.</summary>
    static abstract bool IsWide { get; }
}

/// <summary>Eight rows by three registers of columns: 24 sums, for processors with 32 registers (AVX-512, NEON).</summary>
internal readonly struct WideShape : ITileShape
{
    public static bool IsWide => true;
}

/// <summary>Six rows by two registers of columns: 12 sums, for processors with 16 registers (AVX2, SSE).</summary>
internal readonly struct NarrowShape : ITileShape
{
    public static bool IsWide => false;
}
