using BenchmarkDotNet.Attributes;
using PluginLens.Numerics.Kernels;
using PluginLens.Numerics.Search;

namespace PluginLens.KernelBenchmarks;

/// <summary>Rounding and packing of 384 rows to small integers, their bounds included.</summary>
public class BytePackingBenchmark : KernelBenchmark
{
    private const int Rows = 384;
    private PairSide side = null!;
    private BytePanels left = null!, right = null!;
    private ScreenKernel kernel = null!;

    /// <summary>Depths, none where the processor has no screen.</summary>
    public static IEnumerable<int> Depths => ScreenKernel.Of(KernelWidths.Best) is null ? [] : [64, 768];

    [ParamsSource(nameof(Depths))]
    public int Depth { get; set; }

    public override double Bytes => (sizeof(float) + sizeof(byte)) * (double)Rows * Depth;

    [GlobalSetup]
    public void Prepare()
    {
        kernel = ScreenKernel.Of(KernelWidths.Best)!;
        side = new PairSide(new Matrix(Numbers(Rows * Depth), Rows, Depth), null, null, "A", 1);
        left = new BytePanels(Rows, kernel, Depth, left: true);
        right = new BytePanels(Rows, kernel, Depth, left: false);
    }

    [Benchmark]
    public void BytePanelsLeft() => left.PackLeft(side, 0, side.Count, 1);

    [Benchmark]
    public void BytePanelsRight() => right.PackRight(side, 0, side.Count);

    [GlobalCleanup]
    public void Free()
    {
        left.Dispose();
        right.Dispose();
        side.Dispose();
    }
}
