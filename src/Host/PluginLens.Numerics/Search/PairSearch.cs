using System.Runtime.CompilerServices;
using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Search;

/// <summary>
/// The k largest entries of A·Bᵀ without A·Bᵀ. Rows of both factors are sorted by norm, so that <c>|a||b|</c> below the k-th
/// score ends a loop; what is left goes through the tile kernel, whose float32 values only choose candidates: everything
/// within the error bound of the k-th score is scored again in float64, and that alone decides.
/// </summary>
internal sealed unsafe class PairSearch : IDisposable
{
    private const int CacheFloats = 96 * 1024;
    private readonly PairSide a;
    private readonly PairSide b;
    private readonly BestPairs best;
    private readonly TileKernel<float> kernel;
    private readonly int depth;
    private readonly double sign;
    private readonly int downA;
    private readonly int downB;
    private readonly double relative;
    private readonly double underflow;
    private readonly int rowsInBlock;
    private readonly int columnsInBlock;
    private readonly NativeBuffer<float>?[] packedB;
    private readonly Lock packing = new();
    private int nextBlock = -1;

    /// <summary>Prepares a search; the sides stay the caller's.</summary>
    /// <param name="a">Left factor.</param>
    /// <param name="b">Right factor.</param>
    /// <param name="best">Receives pairs of first members.</param>
    /// <param name="smallest">Search for the smallest: scores in <paramref name="best"/> are negated.</param>
    /// <param name="kernel">The inner loop.</param>
    public PairSearch(PairSide a, PairSide b, BestPairs best, bool smallest, TileKernel<float> kernel)
    {
        this.a = a;
        this.b = b;
        this.best = best;
        this.kernel = kernel;
        depth = a.Data.Columns;
        sign = smallest ? -1 : 1;
        downA = ErrorBound.DownExponent(a.Norms[0]);
        downB = ErrorBound.DownExponent(b.Norms[0]);
        relative = ErrorBound.Relative(depth);
        underflow = ErrorBound.Underflow(depth, Math.ScaleB(a.Norms[0], -downA), Math.ScaleB(b.Norms[0], -downB));
        rowsInBlock = kernel.Rows * 60;
        columnsInBlock = kernel.Columns * Math.Clamp(CacheFloats / (kernel.Columns * Math.Max(1, depth)), 1, 40);
        packedB = new NativeBuffer<float>?[((b.Count - 1) / columnsInBlock) + 1];
        BlockCount = ((a.Count - 1) / rowsInBlock) + 1;
    }

    /// <summary>Blocks of rows, the units of work.</summary>
    public int BlockCount { get; }

    /// <summary>One thread's share.</summary>
    /// <param name="token">Watched.</param>
    /// <param name="done">Called after each block of rows.</param>
    public void Work(CancellationToken token, Action done)
    {
        using var packedA = new NativeBuffer<float>((long)rowsInBlock * depth);
        using var scratch = new NativeBuffer<float>((kernel.Rows * kernel.Columns) + kernel.Columns + kernel.Rows + kernel.Columns);
        scratch.Clear();
        for (var block = Interlocked.Increment(ref nextBlock); block < BlockCount; block = Interlocked.Increment(ref nextBlock))
        {
            var first = block * rowsInBlock;
            if (a.Norms[first] * b.Norms[0] < best.Threshold)
            {
                return;
            }

            var count = Math.Min(rowsInBlock, a.Count - first);
            Pack(a, first, count, kernel.Rows, (float)(sign * Math.ScaleB(1, -downA)), packedA.Pointer);
            for (var blockB = 0; blockB < packedB.Length && a.Norms[first] * b.Norms[blockB * columnsInBlock] >= best.Threshold; blockB++)
            {
                Block(packedA.Pointer, first, count, PackedB(blockB), blockB * columnsInBlock, scratch.Pointer, token);
            }

            done();
        }
    }

    public void Dispose()
    {
        foreach (var buffer in packedB)
        {
            buffer?.Dispose();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Block(float* packedA, int firstA, int countA, float* panelsB, int firstB, float* scratch, CancellationToken token)
    {
        var endB = Math.Min(firstB + columnsInBlock, b.Count);
        var endA = firstA + countA;
        var tile = scratch;
        var zeros = tile + (kernel.Rows * kernel.Columns);
        var cuts = zeros + kernel.Columns;
        var hits = (int*)(cuts + kernel.Rows);
        int rows = kernel.Rows, columns = kernel.Columns;

        // The cut is that of the largest norms of the block: one number until the threshold rises.
        var margin = (relative * a.Norms[firstA] * b.Norms[firstB] * Scale) + underflow;
        var known = double.NaN;
        for (var column = firstB; column < endB; column += columns, panelsB += (nint)columns * depth)
        {
            token.ThrowIfCancellationRequested();
            var normB = b.Norms[column];
            var panelA = packedA;
            for (var row = firstA; row < endA; row += rows, panelA += (nint)rows * depth)
            {
                var threshold = best.Threshold;
                if (a.Norms[row] * normB < threshold)
                {
                    break;
                }

                if (threshold != known)
                {
                    known = threshold;
                    new Span<float>(cuts, rows).Fill(ErrorBound.Down((threshold * Scale) - margin));
                }

                if (kernel.Run(panelA, panelsB, depth, panelA + ((nint)rows * depth), zeros, cuts, false, tile, columns) != 0)
                {
                    Collect(tile, cuts, hits, row, Math.Min(rows, endA - row), column, endB);
                }
            }
        }
    }

    private double Scale => Math.ScaleB(1, -downA - downB);

    private void Collect(float* tile, float* cuts, int* hits, int row, int rows, int column, int endB)
    {
        for (var i = 0; i < rows; i++)
        {
            var count = kernel.Hits(tile, cuts, i, false, hits);
            for (var hit = 0; hit < count; hit++)
            {
                var place = column + hits[hit];
                if (place < endB)
                {
                    Offer(a.Rows[row + i], b.Rows[place]);
                }
            }
        }
    }

    private void Offer(int row, int column)
    {
        if (a.Classes is not null && a.Classes[row] == b.Classes![column])
        {
            return;
        }

        var score = sign * DotProduct.Of(a.Data.Row(row), b.Data.Row(column), depth);
        if (score >= best.Threshold)
        {
            best.Add(new ScoredPair(row, column, score));
        }
    }

    private float* PackedB(int block)
    {
        lock (packing)
        {
            if (packedB[block] is null)
            {
                var first = block * columnsInBlock;
                var buffer = new NativeBuffer<float>((long)columnsInBlock * depth);
                Pack(b, first, Math.Min(columnsInBlock, b.Count - first), kernel.Columns, (float)Math.ScaleB(1, -downB), buffer.Pointer);
                packedB[block] = buffer;
            }

            return packedB[block]!.Pointer;
        }
    }

    private void Pack(PairSide side, int first, int count, int width, float scale, float* panels)
    {
        for (var i = 0; i < count; i += width, panels += (nint)width * depth)
        {
            PanelPacking.Chosen(side.Data, side.Rows.AsSpan(first + i, Math.Min(width, count - i)), width, scale, panels);
        }
    }
}
