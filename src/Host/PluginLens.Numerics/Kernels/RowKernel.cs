using System.Runtime.Intrinsics;

namespace PluginLens.Numerics.Kernels;

/// <summary>
/// The inner loop of a product with few columns: a tile of six rows, read where they lie, by the columns of a packed panel. Packing the rows, which every other
/// product does, would take half as long as multiplying them by 64 columns. Each sum runs over the depth in order, as in <see cref="TileKernel{T}"/>: the values are the same.
/// </summary>
internal abstract unsafe class RowKernel
{
    /// <summary>Rows of a tile.</summary>
    public const int Rows = 6;

    /// <summary>Columns of a tile, and of a packed panel: 64 with AVX-512, as many as a head has.</summary>
    public abstract int Columns { get; }

    /// <summary>The kernel of a width; null for the narrow ones, whose products hide the packing.</summary>
    /// <param name="width">Any.</param>
    public static RowKernel? Of(KernelWidth width) => width switch
    {
        KernelWidth.Vector512 => new RowTile<WideShape, Lanes512<float>, Vector512<float>>(),
        KernelWidth.Vector256 => new RowTile<NarrowShape, Lanes256<float>, Vector256<float>>(),
        _ => null,
    };

    /// <summary>Computes one tile.</summary>
    /// <param name="a">The first of six rows.</param>
    /// <param name="stride">Distance between rows.</param>
    /// <param name="depth">Length of a row.</param>
    /// <param name="b">A packed panel, <c>[depth, Columns]</c>.</param>
    /// <param name="tile">Receives the tile.</param>
    /// <param name="tileStride">Distance between its rows.</param>
    public abstract void Run(float* a, nint stride, int depth, float* b, float* tile, nint tileStride);
}
