using BenchmarkDotNet.Attributes;
using PluginLens.Numerics.Search;

namespace PluginLens.KernelBenchmarks;

/// <summary>The k best of 50,257 values that come in no order.</summary>
public class InsertionBenchmark : KernelBenchmark
{
    private const int Count = 50257, AtOnce = 48;
    private float[] values = null!;

    [Params(50, 1000)]
    public int K { get; set; }

    public override double Bytes => (double)Count * sizeof(float);

    [GlobalSetup]
    public void Prepare() => values = Numbers(Count);

    [Benchmark]
    public float LargestValuesKth() => LargestValues.Kth(values, K);

    /// <summary>As a row search does: what reaches the floor is added, full lists are pruned.</summary>
    [Benchmark]
    public float RowCandidatesAdd()
    {
        using var candidates = new RowCandidates(1, K, AtOnce, Count);
        for (var i = 0; i < Count; i++)
        {
            if (values[i] >= candidates.Floor(0))
            {
                candidates.Add(0, values[i], i);
                if (candidates.Full(0))
                {
                    candidates.Prune(0, 0, column => values[column]);
                }
            }
        }

        return candidates.Floor(0);
    }

    /// <summary>As a pair search does: what reaches the threshold goes to the heap.</summary>
    [Benchmark]
    public double BestPairsAdd()
    {
        var best = new BestPairs(K);
        for (var i = 0; i < Count; i++)
        {
            if (values[i] >= best.Threshold)
            {
                best.Add(new ScoredPair(0, i, values[i]));
            }
        }

        return best.Threshold;
    }
}
