using System.Runtime.Intrinsics;

namespace PluginLens.Numerics.Kernels;

/// <summary>Which form of the inner loop is used. All give the same lists; the widest that the processor has is the fastest.</summary>
internal enum KernelWidth
{
    /// <summary>Plain C#, for any processor.</summary>
    Scalar,

    /// <summary>Four floats at a time: SSE and NEON.</summary>
    Vector128,

    /// <summary>Eight floats at a time: AVX2.</summary>
    Vector256,

    /// <summary>Sixteen floats at a time: AVX-512.</summary>
    Vector512,
}

/// <summary>Chooses a <see cref="KernelWidth"/>.</summary>
internal static class KernelWidths
{
    /// <summary>The widest form with hardware support.</summary>
    public static KernelWidth Best { get; } =
        Vector512.IsHardwareAccelerated ? KernelWidth.Vector512 :
        Vector256.IsHardwareAccelerated ? KernelWidth.Vector256 :
        Vector128.IsHardwareAccelerated ? KernelWidth.Vector128 : KernelWidth.Scalar;
}
