using System.Runtime.InteropServices;

namespace PluginLens.Numerics.Search;

/// <summary>The k best pairs seen so far, by all threads: a heap with the worst on top. What is kept does not depend on the order of arrival.</summary>
internal sealed class BestPairs(long capacity)
{
    private readonly List<ScoredPair> heap = [];
    private readonly Lock gate = new();
    private double threshold = double.NegativeInfinity;

    /// <summary>The k-th best score; nothing below it matters any more.</summary>
    public double Threshold => Volatile.Read(ref threshold);

    /// <summary>Score descending, then row, then column.</summary>
    /// <param name="a">First.</param>
    /// <param name="b">Second.</param>
    public static int Compare(ScoredPair a, ScoredPair b) =>
        a.Score != b.Score ? b.Score.CompareTo(a.Score) :
        a.Row != b.Row ? a.Row.CompareTo(b.Row) : a.Column.CompareTo(b.Column);

    /// <summary>Keeps a pair if it is among the best.</summary>
    /// <param name="pair">A pair not offered before.</param>
    public void Add(ScoredPair pair)
    {
        lock (gate)
        {
            if (heap.Count < capacity)
            {
                heap.Add(pair);
                if (heap.Count == capacity)
                {
                    for (var i = (heap.Count / 2) - 1; i >= 0; i--)
                    {
                        SiftDown(i);
                    }

                    Volatile.Write(ref threshold, heap[0].Score);
                }
            }
            else if (Compare(pair, heap[0]) < 0)
            {
                heap[0] = pair;
                SiftDown(0);
                Volatile.Write(ref threshold, heap[0].Score);
            }
        }
    }

    /// <summary>The pairs in order.</summary>
    public List<ScoredPair> Sorted()
    {
        heap.Sort(Compare);
        return heap;
    }

    private void SiftDown(int index)
    {
        var items = CollectionsMarshal.AsSpan(heap);
        var pair = items[index];
        for (int child; (child = (2 * index) + 1) < items.Length; index = child)
        {
            if (child + 1 < items.Length && Compare(items[child + 1], items[child]) > 0)
            {
                child++;
            }

            if (Compare(items[child], pair) <= 0)
            {
                break;
            }

            items[index] = items[child];
        }

        items[index] = pair;
    }
}
