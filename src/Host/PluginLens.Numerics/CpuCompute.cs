using System.Runtime.ExceptionServices;
using PluginLens.Numerics.Kernels;
using PluginLens.Numerics.Products;
using PluginLens.Numerics.Search;

namespace PluginLens.Numerics;

/// <summary>The compute service on the processor.</summary>
public sealed partial class CpuCompute : Compute
{
    private readonly CancellationToken cancellation;
    private readonly IProgress<Progress>? progress;
    private readonly ScreenKernel? screen;
    private readonly ScreenUse use;
    private readonly TileKernel<float> kernel;
    private readonly TileKernel<double> doubleKernel;
    private readonly RowKernel? thin;

    /// <summary>A service for one run.</summary>
    /// <param name="threads">Threads to use; 0 = one for each processor.</param>
    /// <param name="cancellation">Stops a long call within a tenth of a second.</param>
    /// <param name="progress">Told how far long calls are.</param>
    public CpuCompute(int threads = 0, CancellationToken cancellation = default, IProgress<Progress>? progress = null)
        : this(threads, cancellation, progress, KernelWidths.Best)
    {
    }

    internal CpuCompute(int threads, CancellationToken cancellation, IProgress<Progress>? progress, KernelWidth width, ScreenUse use = ScreenUse.Probed, ScreenKernel? screen = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        Threads = threads == 0 ? Environment.ProcessorCount : threads;
        this.cancellation = cancellation;
        this.progress = progress;
        this.screen = screen ?? ScreenKernel.Of(width);
        this.use = use;
        kernel = TileKernels.Float(width);
        doubleKernel = TileKernels.Double(width);
        thin = RowKernel.Of(width);
    }

    /// <inheritdoc/>
    public override int Threads { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<ScoredPair> TopPairs(Matrix a, Matrix b, PairQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        Expect.SameDepth(a.Columns, b.Columns);
        Expect.NotNegative(query.K);
        Expect.Length(query.KeepRows, a.Rows, nameof(query.KeepRows));
        Expect.Length(query.KeepColumns, b.Rows, nameof(query.KeepColumns));
        Expect.Length(query.RowClasses, a.Rows, nameof(query.RowClasses));
        Expect.Length(query.ColumnClasses, b.Rows, nameof(query.ColumnClasses));
        if (query.RowClasses is null != query.ColumnClasses is null)
        {
            throw new ArgumentException("Expected RowClasses and ColumnClasses together, found only one of them.");
        }

        var (left, right) = Sides(a, b, query);
        using var first = left;
        using var second = right;
        var capacity = Math.Min(query.K, (long)left.Count * right.Count);
        if (capacity == 0)
        {
            return [];
        }

        var best = new BestPairs(capacity);
        using var search = new PairSearch(new PairCandidates(left, right, best, query.Smallest), kernel, screen, use);
        var done = 0;
        Workers.Run(Math.Min(Threads, search.BlockCount), cancellation, token =>
            search.Work(token, () => progress?.Report(new Progress(Interlocked.Increment(ref done), search.BlockCount, "pairs"))));
        var pairs = EqualRows.Expand(best.Sorted(), left, right, query.K);
        return query.Smallest ? pairs.ConvertAll(pair => pair with { Score = 0 - pair.Score }) : pairs;
    }

    // Both at once: sorting them is most of a search that norms end early. Whichever is refused first, the message is A's.
    private (PairSide A, PairSide B) Sides(Matrix a, Matrix b, PairQuery query)
    {
        var sides = new PairSide?[2];
        var refused = new Exception?[2];
        Workers.ForEach(Math.Min(2, Threads), 2, CancellationToken.None, side =>
        {
            try
            {
                sides[side] = side == 0
                    ? new PairSide(a, query.KeepRows, query.RowClasses, "A", Math.Max(1, Threads / 2))
                    : new PairSide(b, query.KeepColumns, query.ColumnClasses, "B", Math.Max(1, Threads / 2));
            }
            catch (ArgumentException exception)
            {
                refused[side] = exception;
            }
        });
        if ((refused[0] ?? refused[1]) is { } first)
        {
            sides[0]?.Dispose();
            sides[1]?.Dispose();
            ExceptionDispatchInfo.Throw(first);
        }

        return (sides[0]!, sides[1]!);
    }

    /// <inheritdoc/>
    public override RowTopK TopRows(Matrix x, Matrix b, RowQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        Expect.SameDepth(x.Columns, b.Columns);
        Expect.NotNegative(query.K);
        Expect.Length(query.Keep, b.Rows, nameof(query.Keep));
        Expect.Length(query.Bias, b.Rows, nameof(query.Bias));
        Expect.Length(query.Scale, b.Rows, nameof(query.Scale));
        Expect.Finite(query.Bias, nameof(query.Bias));
        Expect.Finite(query.Scale, nameof(query.Scale));
        return x.Rows is > 0 and <= FewRowSearch.MostRows && b.Rows > 0
            ? new FewRowSearch(x, b, query, Threads, cancellation).Run()
            : new RowSearch(x, b, query, kernel, Threads, cancellation, progress).Run();
    }

    /// <inheritdoc/>
    public override Matrix Multiply(Matrix a, Matrix b)
    {
        var product = GC.AllocateUninitializedArray<float>(checked(a.Rows * b.Columns));
        Multiply(a, b, product);
        return new Matrix(product, a.Rows, b.Columns);
    }

    /// <inheritdoc/>
    public override void Multiply(Matrix a, Matrix b, Span<float> product) => FloatProduct.Of(a, b, product, kernel, thin, Threads, cancellation);
}
