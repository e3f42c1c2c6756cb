using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace PluginLens.Numerics.Kernels;

/// <summary>Asks for memory before it is needed. Any address will do.</summary>
internal static unsafe class CacheLine
{
    /// <summary>Its size.</summary>
    public const int Bytes = 64;

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
