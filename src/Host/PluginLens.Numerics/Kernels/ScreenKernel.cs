using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PluginLens.Numerics.Kernels;

/// <summary>
/// A tile of dot products of small integers, to find out which pairs of rows are worth an exact one: four times as many products in the same time as float32.
/// Left bytes carry a <see cref="Bias"/>, which the start of each column's sums takes off again. Sums of 16 bits may wrap on the way; they are
/// right in the end because no dot product of rows of norm <see cref="LargestNorm"/> needs more.
/// </summary>
internal abstract unsafe class ScreenKernel
{
    /// <summary>Added to every byte on the left; also the largest magnitude there.</summary>
    public const int Bias = 63;

    /// <summary>The largest magnitude on the right: two products of neighbours stay below 2^15.</summary>
    public const int LargestRight = 127;

    /// <summary>The largest norm of a row of bytes on either side: its square stays below 2^15.</summary>
    public const int LargestNorm = 181;

    /// <summary>Dimensions that are packed together.</summary>
    public const int Group = sizeof(int);

    /// <summary>Rows of a tile, and of a packed panel of the left factor.</summary>
    public abstract int Rows { get; }

    /// <summary>Columns of a tile, and of a packed panel of the right factor.</summary>
    public abstract int Columns { get; }

    /// <summary>The kernel of a width: tiles of the same shape as <see cref="TileKernels.Float"/> has there; null where the processor has no such products.</summary>
    /// <param name="width">Any.</param>
    public static ScreenKernel? Of(KernelWidth width) => width switch
    {
        KernelWidth.Vector512 when Avx512BW.IsSupported => new ScreenTile<WideShape, ByteLanes512, Vector512<int>>(),
        KernelWidth.Vector256 when Avx2.IsSupported => new ScreenTile<NarrowShape, ByteLanes256, Vector256<int>>(),
        KernelWidth.Vector128 when Ssse3.IsSupported => new ScreenTile<NarrowShape, ByteLanes128, Vector128<int>>(),
        _ => null,
    };

    /// <summary>What the sums of each column start from.</summary>
    /// <param name="b">A packed panel.</param>
    /// <param name="groups">Its depth in groups.</param>
    /// <param name="start">Receives two sums of 16 bits for each column, <c>[Columns]</c>.</param>
    public abstract void Start(int* b, int groups, int* start);

    /// <summary>Computes one tile and writes it where an entry is above the limit.</summary>
    /// <param name="a">A packed panel, <c>[groups, Rows]</c> of four bytes each.</param>
    /// <param name="b">A packed panel, <c>[groups, Columns]</c> of four bytes each.</param>
    /// <param name="groups">Depth in groups of four.</param>
    /// <param name="start">What <see cref="Start"/> made of <paramref name="b"/>.</param>
    /// <param name="limit">Entries up to this are of no interest.</param>
    /// <param name="tile">Receives the tile, <c>[Rows, Columns]</c>.</param>
    /// <returns>Whether there is such an entry; if not, the tile was not written.</returns>
    public abstract bool Run(int* a, int* b, int groups, int* start, int limit, int* tile);

    /// <summary>Lists the columns of one row of a written tile that are above the limit.</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="row">Row of the tile.</param>
    /// <param name="limit">As in <see cref="Run"/>.</param>
    /// <param name="columns">Receives the columns, ascending.</param>
    /// <returns>How many.</returns>
    public abstract int Hits(int* tile, int row, int limit, int* columns);
}
