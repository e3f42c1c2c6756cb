using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PluginLens.Numerics.Kernels;

/// <summary>
/// The inner loop of every product: a tile of <see cref="Rows"/> x <see cref="Columns"/> dot products held in registers over
/// the whole depth, so that a test can be made before anything is written. Each sum runs over the depth in order, so a value
/// does not depend on where its tile lies.
/// </summary>
internal abstract unsafe class TileKernel
{
    /// <summary>Floats in a cache line.</summary>
    public const int Line = 16;

    /// <summary>Rows of a tile, and of a packed panel of the left factor.</summary>
    public abstract int Rows { get; }

    /// <summary>Columns of a tile, and of a packed panel of the right factor.</summary>
    public abstract int Columns { get; }

    /// <summary>The kernel of a width.</summary>
    /// <param name="width">Any; wider than the processor is slow but right.</param>
    public static TileKernel Of(KernelWidth width) => width switch
    {
        KernelWidth.Vector512 => new WideTile<Lanes512, Vector512<float>>(),
        KernelWidth.Vector256 => new NarrowTile<Lanes256, Vector256<float>>(),
        KernelWidth.Vector128 when AdvSimd.IsSupported => new WideTile<Lanes128, Vector128<float>>(),
        KernelWidth.Vector128 => new NarrowTile<Lanes128, Vector128<float>>(),
        _ => new ScalarTile(),
    };

    /// <summary>Computes one tile and writes it where an entry reaches its row's cut.</summary>
    /// <param name="a">A packed panel, <c>[depth, Rows]</c>.</param>
    /// <param name="b">A packed panel, <c>[depth, Columns]</c>.</param>
    /// <param name="depth">Length of the dot products.</param>
    /// <param name="next">What will be needed soon: one cache line is fetched at each step of the depth. Any address will do.</param>
    /// <param name="start">What each column starts from, <c>[Columns]</c>.</param>
    /// <param name="cuts">The least value of interest of each row, <c>[Rows]</c>; null = write always.</param>
    /// <param name="absolute">Compare absolute values.</param>
    /// <param name="tile">Receives the tile.</param>
    /// <param name="stride">Distance between rows of <paramref name="tile"/>.</param>
    /// <returns>A bit for each row that has such an entry; 0 = the tile was not written.</returns>
    public abstract uint Run(float* a, float* b, int depth, float* next, float* start, float* cuts, bool absolute, float* tile, nint stride);

    /// <summary>Lists the columns of one row of a written tile (stride <see cref="Columns"/>) that reach its cut.</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="cuts">As in <see cref="Run"/>.</param>
    /// <param name="row">Row of the tile.</param>
    /// <param name="absolute">As in <see cref="Run"/>.</param>
    /// <param name="columns">Receives the columns, ascending.</param>
    /// <returns>How many.</returns>
    public abstract int Hits(float* tile, float* cuts, int row, bool absolute, int* columns);

    /// <summary>Asks for a cache line in the nearest cache; any address will do.</summary>
    /// <param name="address">Where.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected static void Ahead(void* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }

    /// <summary>Asks for a cache line in the second-level cache; any address will do.</summary>
    /// <param name="address">Where.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(address);
        }
    }
}
