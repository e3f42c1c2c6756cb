using System.Runtime.CompilerServices;

namespace PluginLens.Numerics.Kernels;

/// <summary>
/// The inner loop of every product: a tile of <see cref="Rows"/> x <see cref="Columns"/> dot products held in registers over
/// the whole depth, so that a test can be made before anything is written. Each sum runs over the depth in order, so a value
/// does not depend on where its tile lies.
/// </summary>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
internal abstract unsafe class TileKernel<T>
    where T : unmanaged
{
    /// <summary>Numbers in a cache line.</summary>
    public static int Line
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => CacheLine.Bytes / sizeof(T);
    }

    /// <summary>Rows of a tile, and of a packed panel of the left factor.</summary>
    public abstract int Rows { get; }

    /// <summary>Columns of a tile, and of a packed panel of the right factor.</summary>
    public abstract int Columns { get; }

    /// <summary>Computes one tile and writes it where an entry reaches its row's cut.</summary>
    /// <param name="a">A packed panel, <c>[depth, Rows]</c>.</param>
    /// <param name="b">A packed panel, <c>[depth, Columns]</c>.</param>
    /// <param name="depth">Length of the dot products.</param>
    /// <param name="next">What will be needed soon: one cache line is fetched at each step of the depth. Any address will do.</param>
    /// <param name="start">What the sums start from: of each column, <c>[Columns]</c>, in float32; of each sum, as <paramref name="tile"/> lies, in float64.</param>
    /// <param name="cuts">The least value of interest of each row, <c>[Rows]</c>; null = write always.</param>
    /// <param name="absolute">Compare absolute values.</param>
    /// <param name="tile">Receives the tile.</param>
    /// <param name="stride">Distance between rows of <paramref name="tile"/>.</param>
    /// <returns>A bit for each row that has such an entry; 0 = the tile was not written.</returns>
    public abstract uint Run(T* a, T* b, int depth, T* next, T* start, T* cuts, bool absolute, T* tile, nint stride);

    /// <summary>Adds a product of panels to a float64 tile.</summary>
    /// <param name="a">A packed panel, <c>[depth, Rows]</c>.</param>
    /// <param name="b">A packed panel, <c>[depth, Columns]</c>.</param>
    /// <param name="depth">Length of the sums.</param>
    /// <param name="next">As in <see cref="Run"/>.</param>
    /// <param name="tile">The tile.</param>
    /// <param name="stride">Distance between its rows.</param>
    public void Add(T* a, T* b, int depth, T* next, T* tile, nint stride) => Run(a, b, depth, next, tile, null, false, tile, stride);

    /// <summary>Lists the columns of one row of a written tile (stride <see cref="Columns"/>) that reach its cut.</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="cuts">As in <see cref="Run"/>.</param>
    /// <param name="row">Row of the tile.</param>
    /// <param name="absolute">As in <see cref="Run"/>.</param>
    /// <param name="columns">Receives the columns, ascending.</param>
    /// <returns>How many.</returns>
    public abstract int Hits(T* tile, T* cuts, int row, bool absolute, int* columns);
}
