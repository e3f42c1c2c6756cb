using BenchmarkDotNet.Attributes;
using PluginLens.Numerics.Kernels;

namespace PluginLens.KernelBenchmarks;

/// <summary>Float64 dot products of one row with a thousand that follow each other: what scores candidates, and the words of a few vectors.</summary>
public unsafe class DotProductBenchmark : KernelBenchmark
{
    private const int Rows = 1000;
    private NativeBuffer<float> rows = null!;

    [Params(64, 768)]
    public int Depth { get; set; }

    // Its sums lie in 256 bits on every processor, so that their order is the same.
    public override int PeakBits => Math.Min(256, Widths.Last());

    public override double Flop => 2 * 2.0 * Rows * Depth;

    [GlobalSetup]
    public void Prepare() => rows = Buffer((Rows + 2) * Depth);

    [Benchmark]
    public double DotProductFloat64()
    {
        var sum = 0.0;
        for (var row = 1; row <= Rows; row++)
        {
            var at = rows.Pointer + ((nint)row * Depth);
            sum += DotProduct.Of(rows.Pointer, at, Depth, at + Depth);
        }

        return sum;
    }

    [GlobalCleanup]
    public void Free() => rows.Dispose();
}
