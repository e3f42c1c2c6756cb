namespace PluginLens.Numerics;

/// <summary>
/// Candidates of one row: columns whose float32 value may be among the k best. When full, those out of reach are dropped; when
/// that is not enough (ties), they are scored exactly and the k best kept.
/// </summary>
internal sealed unsafe class RowCandidates
{
    private readonly float[] keys;
    private readonly int[] ids;
    private readonly int k;
    private readonly int room;

    /// <summary>No candidates yet.</summary>
    /// <param name="k">How many are wanted.</param>
    /// <param name="width">Columns that may arrive at once.</param>
    /// <param name="columns">Columns that there are.</param>
    public RowCandidates(int k, int width, int columns)
    {
        this.k = k;
        room = width;
        var capacity = Capacity(k, width, columns);
        keys = new float[capacity];
        ids = new int[capacity];
    }

    public int Count { get; private set; }

    /// <summary>No more than the k-th best exact key of those seen; less than every key before there are k.</summary>
    public float Floor { get; private set; } = float.NegativeInfinity;

    public ReadOnlySpan<int> Ids => ids.AsSpan(0, Count);

    /// <summary>Candidates that are kept at most.</summary>
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

    /// <summary>Adds columns in ascending order; the caller has made room.</summary>
    /// <param name="key">Float32 key.</param>
    /// <param name="id">Column.</param>
    public void Add(float key, int id)
    {
        keys[Count] = key;
        ids[Count++] = id;
    }

    /// <summary>Whether <see cref="Prune"/> is due before more arrive.</summary>
    public bool Full => Count + room > keys.Length;

    /// <summary>Drops what cannot be among the k best.</summary>
    /// <param name="error">How far any key may be from its exact value.</param>
    /// <param name="exact">Gives the exact key of a column in the units of the float32 keys.</param>
    public void Prune(double error, Func<int, double> exact)
    {
        if (Count <= k)
        {
            return;
        }

        var copy = keys.AsSpan(0, Count).ToArray();
        var kth = Selection.Largest(copy, k);
        Floor = Math.Max(Floor, error == 0 ? kth : ErrorBound.Down(kth - error));
        var least = error == 0 ? Floor : ErrorBound.Down(Floor - error);
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            if (keys[i] >= least)
            {
                keys[kept] = keys[i];
                ids[kept++] = ids[i];
            }
        }

        Count = kept;
        if (Full)
        {
            KeepExactly(exact, error == 0);
        }
    }

    private void KeepExactly(Func<int, double> exact, bool noError)
    {
        var all = new (double Key, int Id, float Value)[Count];
        for (var i = 0; i < Count; i++)
        {
            all[i] = (exact(ids[i]), ids[i], keys[i]);
        }

        Array.Sort(all, (p, q) => p.Key != q.Key ? q.Key.CompareTo(p.Key) : p.Id.CompareTo(q.Id));
        Floor = Math.Max(Floor, noError ? (float)all[k - 1].Key : ErrorBound.Down(all[k - 1].Key));
        Array.Sort(all, 0, k, Comparer<(double Key, int Id, float Value)>.Create((p, q) => p.Id.CompareTo(q.Id)));
        Count = k;
        for (var i = 0; i < k; i++)
        {
            (keys[i], ids[i]) = (all[i].Value, all[i].Id);
        }
    }
}
