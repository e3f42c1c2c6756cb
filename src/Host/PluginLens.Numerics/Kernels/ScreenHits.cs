namespace PluginLens.Numerics.Kernels;

/// <summary>What a run of the screen found: entries of one tile that are above their limit.</summary>
/// <param name="kernel">Whose tiles.</param>
internal sealed unsafe class ScreenHits(ScreenKernel kernel) : IDisposable
{
    private readonly NativeBuffer<short> tile = new(kernel.Rows * kernel.Columns);
    private readonly NativeBuffer<int> places = new(kernel.Rows * kernel.Columns);

    /// <summary>How many there are.</summary>
    public int Count { get; set; }

    /// <summary>How many tiles needed all dimensions, ever.</summary>
    public long Late { get; set; }

    /// <summary>Room for a tile, <c>[Rows, Columns]</c>.</summary>
    public short* Tile => tile.Pointer;

    /// <summary>Where they are, row by row: row times columns plus column.</summary>
    public int* Places => places.Pointer;

    public void Dispose()
    {
        tile.Dispose();
        places.Dispose();
    }
}
