using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace PluginLens.Numerics.Kernels;

/// <summary>The inner loop of float64 products: a tile of sums in registers, added to what the tile holds.</summary>
internal abstract unsafe class DoubleKernel
{
    /// <summary>Doubles in a cache line.</summary>
    public const int Line = 8;

    /// <summary>Rows of a tile.</summary>
    public abstract int Rows { get; }

    /// <summary>Columns of a tile.</summary>
    public abstract int Columns { get; }

    /// <summary>The kernel of a width; a processor without vectors runs the narrowest in software.</summary>
    /// <param name="width">Any.</param>
    public static DoubleKernel Of(KernelWidth width) => width switch
    {
        KernelWidth.Vector512 => new WideDoubleTile<DoubleLanes512, Vector512<double>>(),
        KernelWidth.Vector256 => new NarrowDoubleTile<DoubleLanes256, Vector256<double>>(),
        _ when AdvSimd.IsSupported => new WideDoubleTile<DoubleLanes128, Vector128<double>>(),
        _ => new NarrowDoubleTile<DoubleLanes128, Vector128<double>>(),
    };

    /// <summary>Adds a product of panels to a tile.</summary>
    /// <param name="a">A packed panel, <c>[depth, Rows]</c>.</param>
    /// <param name="b">A packed panel, <c>[depth, Columns]</c>.</param>
    /// <param name="depth">Length of the sums.</param>
    /// <param name="next">What will be needed soon: one cache line is fetched at each step of the depth. Any address will do.</param>
    /// <param name="tile">The tile.</param>
    /// <param name="stride">Distance between its rows.</param>
    public abstract void Run(double* a, double* b, int depth, double* next, double* tile, nint stride);
}
