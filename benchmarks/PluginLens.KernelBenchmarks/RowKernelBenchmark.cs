using BenchmarkDotNet.Attributes;
using PluginLens.Numerics.Kernels;

namespace PluginLens.KernelBenchmarks;

/// <summary>Rows read where they lie against a packed panel: the inner loop of thin products.</summary>
public unsafe class RowKernelBenchmark : KernelBenchmark
{
    private const int Tiles = 32;
    private RowKernel kernel = null!;
    private NativeBuffer<float> rows = null!, panel = null!, product = null!;

    /// <summary>Widths that have such a kernel.</summary>
    public static IEnumerable<int> RowWidths => Widths.Where(bits => RowKernel.Of(Width(bits)) is not null);

    [ParamsSource(nameof(RowWidths))]
    public int Bits { get; set; }

    [Params(64, 768)]
    public int Depth { get; set; }

    public override int PeakBits => Bits;

    public override double Flop => 2.0 * Tiles * RowKernel.Rows * RowKernel.Of(Width(Bits))!.Columns * Depth;

    [GlobalSetup]
    public void Prepare()
    {
        kernel = RowKernel.Of(Width(Bits))!;
        rows = Buffer(Tiles * RowKernel.Rows * Depth);
        panel = Buffer(kernel.Columns * Depth);
        product = new NativeBuffer<float>(Tiles * RowKernel.Rows * kernel.Columns);
    }

    [Benchmark]
    public float RowKernelTile()
    {
        for (var tile = 0; tile < Tiles; tile++)
        {
            kernel.Run(rows.Pointer + ((nint)tile * RowKernel.Rows * Depth), Depth, Depth, panel.Pointer, product.Pointer + ((nint)tile * RowKernel.Rows * kernel.Columns), kernel.Columns);
        }

        return *product.Pointer;
    }

    [GlobalCleanup]
    public void Free()
    {
        rows.Dispose();
        panel.Dispose();
        product.Dispose();
    }
}
