using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace PluginLens.Numerics.Kernels;

/// <summary>The kernel of a <see cref="KernelWidth"/>: the large tile where the processor has 32 registers.</summary>
internal static class TileKernels
{
    /// <summary>In float32.</summary>
    /// <param name="width">Any; wider than the processor is slow but right.</param>
    public static TileKernel<float> Float(KernelWidth width) => width switch
    {
        KernelWidth.Vector512 => new RegisterTile<WideShape, Lanes512<float>, Vector512<float>, float>(),
        KernelWidth.Vector256 => new RegisterTile<NarrowShape, Lanes256<float>, Vector256<float>, float>(),
        KernelWidth.Vector128 when AdvSimd.IsSupported => new RegisterTile<WideShape, Lanes128<float>, Vector128<float>, float>(),
        KernelWidth.Vector128 => new RegisterTile<NarrowShape, Lanes128<float>, Vector128<float>, float>(),
        _ => new ScalarTile(),
    };

    /// <summary>In float64; a processor without vectors runs the narrowest in software.</summary>
    /// <param name="width">Any.</param>
    public static TileKernel<double> Double(KernelWidth width) => width switch
    {
        KernelWidth.Vector512 => new RegisterTile<WideShape, Lanes512<double>, Vector512<double>, double>(),
        KernelWidth.Vector256 => new RegisterTile<NarrowShape, Lanes256<double>, Vector256<double>, double>(),
        _ when AdvSimd.IsSupported => new RegisterTile<WideShape, Lanes128<double>, Vector128<double>, double>(),
        _ => new RegisterTile<NarrowShape, Lanes128<double>, Vector128<double>, double>(),
    };
}
