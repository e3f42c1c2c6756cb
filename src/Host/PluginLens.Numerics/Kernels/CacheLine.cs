using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace PluginLens.Numerics.Kernels;

/// <summary>Asks for memory before it is needed. Any address will do.</summary>
internal static unsafe class CacheLine
{
    /// <summary>Its size.</summary>
    public const int Bytes = 64;

    private const int MostOfRow = 512;

    /// <summary>Into the nearest cache.</summary>
    /// <param name="address">Where.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FetchNear(void* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }

    /// <summary>A row into the nearest cache; of a long one only the start, because the processor then sees where the rest is.</summary>
    /// <param name="row">The row.</param>
    /// <param name="columns">Its length.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FetchRow(float* row, int columns)
    {
        for (nint at = 0; at < Math.Min(columns * (nint)sizeof(float), MostOfRow); at += Bytes)
        {
            FetchNear((byte*)row + at);
        }
    }

    /// <summary>Into the second-level cache.</summary>
    /// <param name="address">Where.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FetchFar(void* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(address);
        }
    }
}
