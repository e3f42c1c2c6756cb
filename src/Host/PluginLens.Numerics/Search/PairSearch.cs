using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Search;

/// <summary>
/// The k largest entries of A·Bᵀ without A·Bᵀ. Rows of both factors are sorted by norm, so that <c>|a||b|</c> below the k-th
/// score ends a loop; what is left goes through tiles of small integers where these rule most of it out, else of float32. Both only choose candidates:
/// everything within their error bound of the k-th score is scored again in float64, and that alone decides.
/// </summary>
internal sealed class PairSearch : IDisposable
{
    private const int CacheFloats = 96 * 1024;
    private const int PanelsInBlock = 60;
    private readonly PairCandidates candidates;
    private readonly TileKernel<float> kernel;
    private readonly ScreenKernel? screen;
    private readonly ScreenUse use;
    private readonly int rowsInBlock;
    private readonly int columnsInBlock;
    private readonly PackedBlocks<NativeBuffer<float>> floats;
    private readonly PackedBlocks<BytePanels> bytes;
    private int nextBlock = -1;

    /// <summary>Prepares a search; the sides stay the caller's.</summary>
    /// <param name="candidates">The factors, and where pairs go.</param>
    /// <param name="kernel">The inner loop in float32.</param>
    /// <param name="screen">That of the screen, if there is one.</param>
    /// <param name="use">Whether to screen.</param>
    public PairSearch(PairCandidates candidates, TileKernel<float> kernel, ScreenKernel? screen, ScreenUse use)
    {
        this.candidates = candidates;
        this.kernel = kernel;
        this.use = use;
        var (a, b) = (candidates.A, candidates.B);
        var depth = a.Data.Columns;
        this.screen = depth is 0 or > BytePanels.MostDepth ? null : screen;
        rowsInBlock = kernel.Rows * PanelsInBlock;

        // Whole tiles of both kinds: four of float32 are as wide as two, three or six of the screen.
        columnsInBlock = 4 * kernel.Columns * Math.Clamp(CacheFloats / (4 * kernel.Columns * Math.Max(1, depth)), 1, 10);
        var blocks = ((b.Count - 1) / columnsInBlock) + 1;
        floats = new(blocks, block => FloatTiles.PackColumns(b, block * columnsInBlock, Columns(block), kernel.Columns));
        bytes = new(blocks, block => ByteTiles.PackColumns(b, block * columnsInBlock, Columns(block), screen!));
        BlockCount = ((a.Count - 1) / rowsInBlock) + 1;
    }

    /// <summary>Blocks of rows, the units of work.</summary>
    public int BlockCount { get; }

    /// <summary>One thread's share.</summary>
    /// <param name="token">Watched.</param>
    /// <param name="done">Called after each block of rows.</param>
    public void Work(CancellationToken token, Action done)
    {
        var (a, b) = (candidates.A, candidates.B);
        using var exact = new FloatTiles(candidates, kernel, rowsInBlock, floats);
        using var screened = screen is null || use == ScreenUse.Never ? null : new ByteTiles(candidates, screen, rowsInBlock, bytes);
        for (var block = Interlocked.Increment(ref nextBlock); block < BlockCount; block = Interlocked.Increment(ref nextBlock))
        {
            var first = block * rowsInBlock;
            if (a.Norms[first] * b.Norms[0] < candidates.Threshold)
            {
                return;
            }

            var count = Math.Min(rowsInBlock, a.Count - first);
            exact.Turn(first, count);
            screened?.Turn(first, count);
            for (var blockB = 0; blockB < bytes.Count && a.Norms[first] * b.Norms[blockB * columnsInBlock] >= candidates.Threshold; blockB++)
            {
                var start = blockB * columnsInBlock;
                var end = start + Columns(blockB);
                PairTiles tiles = screened is not null && (use == ScreenUse.Always || screened.Pays(blockB, start, end)) ? screened : exact;
                tiles.Test(blockB, start, end, token);
            }

            done();
        }
    }

    public void Dispose()
    {
        floats.Dispose();
        bytes.Dispose();
    }

    private int Columns(int block) => Math.Min(columnsInBlock, candidates.B.Count - (block * columnsInBlock));
}
