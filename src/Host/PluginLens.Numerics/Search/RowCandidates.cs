using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Search;

/// <summary>
/// Candidates of some rows: columns whose float32 key may be among the row's k best. When a list is full, what is out of reach
/// is dropped; where that is not enough (ties), all are scored exactly and the k best kept.
/// </summary>
internal sealed unsafe class RowCandidates : IDisposable
{
    private readonly NativeBuffer<float> keys;
    private readonly NativeBuffer<int> ids;
    private readonly int[] counts;
    private readonly float[] floors;
    private readonly int capacity;
    private readonly int k;
    private readonly int width;

    /// <summary>No candidates yet.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="k">How many columns are wanted for each.</param>
    /// <param name="width">Columns that may arrive at once.</param>
    /// <param name="columns">Columns that there are.</param>
    public RowCandidates(int rows, int k, int width, int columns)
    {
        this.k = k;
        this.width = width;
        capacity = Capacity(k, width, columns);
        keys = new NativeBuffer<float>((long)rows * capacity);
        ids = new NativeBuffer<int>((long)rows * capacity);
        counts = new int[rows];
        floors = new float[rows];
        Array.Fill(floors, float.NegativeInfinity);
    }

    /// <summary>Candidates that one row keeps at most.</summary>
    /// <param name="k">How many are wanted.</param>
    /// <param name="width">Columns that may arrive at once.</param>
    /// <param name="columns">Columns that there are.</param>
    public static int Capacity(int k, int width, int columns) => (int)Math.Min((3L * k) + (2 * width), (long)columns + width);

    /// <summary>What the order compares, descending.</summary>
    /// <param name="score">Value.</param>
    /// <param name="order">Which end is wanted.</param>
    public static double Key(double score, RowOrder order) => order switch
    {
        RowOrder.Smallest => -score,
        RowOrder.LargestAbsolute => Math.Abs(score),
        _ => score,
    };

    /// <summary>No more than the k-th best exact key of those seen; less than every key before there are k.</summary>
    /// <param name="row">Row.</param>
    public float Floor(int row) => floors[row];

    /// <summary>Candidates of a row, columns ascending.</summary>
    /// <param name="row">Row.</param>
    public ReadOnlySpan<int> Ids(int row) => new(ids.Pointer + ((long)row * capacity), counts[row]);

    /// <summary>Whether <see cref="Prune"/> is due before more arrive.</summary>
    /// <param name="row">Row.</param>
    public bool Full(int row) => counts[row] + width > capacity;

    /// <summary>Adds a column; columns come in ascending order, and the caller has made room.</summary>
    /// <param name="row">Row.</param>
    /// <param name="key">Float32 key.</param>
    /// <param name="id">Column.</param>
    public void Add(int row, float key, int id)
    {
        var place = ((long)row * capacity) + counts[row]++;
        keys.Pointer[place] = key;
        ids.Pointer[place] = id;
    }

    /// <summary>Drops what cannot be among the k best.</summary>
    /// <param name="row">Row.</param>
    /// <param name="error">How far any key may be from its exact value.</param>
    /// <param name="exact">Gives the exact key of a column in the units of the float32 keys.</param>
    public void Prune(int row, double error, Func<int, double> exact)
    {
        var count = counts[row];
        if (count <= k)
        {
            return;
        }

        var key = keys.Pointer + ((long)row * capacity);
        var id = ids.Pointer + ((long)row * capacity);
        var kth = LargestValues.Kth(new ReadOnlySpan<float>(key, count), k);
        var floor = Math.Max(floors[row], error == 0 ? kth : ErrorBound.Down(kth - error));
        var least = error == 0 ? floor : ErrorBound.Down(floor - error);
        floors[row] = floor;
        var kept = 0;
        for (var i = 0; i < count; i++)
        {
            // Without a branch, which would be guessed wrongly half of the time.
            var value = key[i];
            key[kept] = value;
            id[kept] = id[i];
            kept += value >= least ? 1 : 0;
        }

        counts[row] = kept;
        if (Full(row))
        {
            KeepExactly(row, exact, error == 0);
        }
    }

    public void Dispose()
    {
        keys.Dispose();
        ids.Dispose();
    }

    private void KeepExactly(int row, Func<int, double> exact, bool noError)
    {
        var key = keys.Pointer + ((long)row * capacity);
        var all = new (double Key, int Id, float Value)[counts[row]];
        for (var i = 0; i < all.Length; i++)
        {
            var id = Ids(row)[i];
            all[i] = (exact(id), id, key[i]);
        }

        Array.Sort(all, (p, q) => p.Key != q.Key ? q.Key.CompareTo(p.Key) : p.Id.CompareTo(q.Id));
        floors[row] = Math.Max(floors[row], noError ? (float)all[k - 1].Key : ErrorBound.Down(all[k - 1].Key));
        Array.Sort(all, 0, k, Comparer<(double Key, int Id, float Value)>.Create((p, q) => p.Id.CompareTo(q.Id)));
        counts[row] = 0;
        for (var i = 0; i < k; i++)
        {
            Add(row, all[i].Value, all[i].Id);
        }
    }
}
