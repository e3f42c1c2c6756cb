using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Search;

/// <summary>
/// For each row of X·Bᵀ its k best columns. The work is cut into tasks of rows x columns; a task streams its columns through
/// the tile kernel, each row with its own rising cut, and ends with the exact k best of its rectangle. Where the columns were
/// cut, the lists are merged.
/// </summary>
internal sealed class RowSearch
{
    private const int ListBytes = 64 << 20;
    private const int RowsForOneThread = 512;
    private readonly Matrix x;
    private readonly Matrix b;
    private readonly RowQuery query;
    private readonly TileKernel<float> kernel;
    private readonly int threads;
    private readonly CancellationToken cancellation;
    private readonly IProgress<Progress>? progress;

    public RowSearch(Matrix x, Matrix b, RowQuery query, TileKernel<float> kernel, int threads, CancellationToken cancellation, IProgress<Progress>? progress)
    {
        this.x = x;
        this.b = b;
        this.query = query;
        this.kernel = kernel;
        this.threads = threads;
        this.cancellation = cancellation;
        this.progress = progress;
    }

    /// <summary>Searches.</summary>
    public RowTopK Run()
    {
        using var columns = new RowSearchColumns(b, query, threads);
        var k = Math.Min(query.K, columns.Count);
        var result = new RowTopK(x.Rows, k, new int[checked(x.Rows * k)], new double[x.Rows * k]);
        using var rows = new RowMajor(x);
        var squares = RowNorms.Squared(rows, "X", threads);
        if (k == 0 || x.Rows == 0)
        {
            return result;
        }

        var largest = Math.Sqrt(squares.Max());
        var capacity = RowCandidates.Capacity(k, kernel.Columns, columns.Count);
        var most = Math.Clamp(ListBytes / (8 * capacity), kernel.Rows, 6144);
        var rowsInTask = RoundUp(Math.Min(most, Math.Max(RowsForOneThread, ((x.Rows - 1) / threads) + 1)), kernel.Rows);
        var rowTasks = ((x.Rows - 1) / rowsInTask) + 1;
        var columnTasks = Math.Min(rowTasks >= threads ? 1 : ((threads - 1) / rowTasks) + 1, ((columns.Count - 1) / kernel.Columns) + 1);
        var columnsInTask = RoundUp(((columns.Count - 1) / columnTasks) + 1, kernel.Columns);
        columnTasks = ((columns.Count - 1) / columnsInTask) + 1;
        var parts = new RowTopK[rowTasks, columnTasks];
        var done = 0;
        Workers.ForEach(threads, rowTasks * columnTasks, cancellation, task =>
        {
            var (rowTask, columnTask) = Math.DivRem(task, columnTasks);
            var first = rowTask * rowsInTask;
            var count = Math.Min(rowsInTask, x.Rows - first);
            var from = columnTask * columnsInTask;
            var until = Math.Min(columns.Count, from + columnsInTask);
            using var strip = new RowSearchTask(rows, squares, first, count, largest, columns, from, until, Math.Min(k, until - from), query.Order, kernel);
            parts[rowTask, columnTask] = strip.Run(cancellation);
            progress?.Report(new Progress(Interlocked.Increment(ref done), rowTasks * columnTasks, "rows"));
        });
        for (var rowTask = 0; rowTask < rowTasks; rowTask++)
        {
            Merge(parts, rowTask, columnTasks, rowTask * rowsInTask, result);
        }

        return result;
    }

    private void Merge(RowTopK[,] parts, int rowTask, int columnTasks, int first, RowTopK result)
    {
        var order = query.Order;
        for (var row = 0; row < parts[rowTask, 0].Rows; row++)
        {
            var all = new List<(double Key, int Id, double Score)>();
            for (var part = 0; part < columnTasks; part++)
            {
                var ids = parts[rowTask, part].IdsOf(row);
                var scores = parts[rowTask, part].ScoresOf(row);
                for (var i = 0; i < ids.Length; i++)
                {
                    all.Add((RowCandidates.Key(scores[i], order), ids[i], scores[i]));
                }
            }

            if (columnTasks > 1)
            {
                all.Sort((p, q) => p.Key != q.Key ? q.Key.CompareTo(p.Key) : p.Id.CompareTo(q.Id));
            }

            for (var i = 0; i < result.K; i++)
            {
                result.Ids[((first + row) * result.K) + i] = all[i].Id;
                result.Scores[((first + row) * result.K) + i] = all[i].Score;
            }
        }
    }

    private static int RoundUp(int value, int multiple) => ((value - 1) / multiple * multiple) + multiple;
}
