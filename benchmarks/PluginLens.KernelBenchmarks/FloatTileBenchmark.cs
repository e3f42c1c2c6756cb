using BenchmarkDotNet.Attributes;
using PluginLens.Numerics.Kernels;

namespace PluginLens.KernelBenchmarks;

/// <summary>A right panel against the left panels of a block, as pair and row searches walk them; no entry reaches its cut.</summary>
public unsafe class FloatTileBenchmark : KernelBenchmark
{
    private const int Panels = 32;
    private TileKernel<float> kernel = null!;
    private NativeBuffer<float> left = null!, right = null!, scratch = null!;

    [ParamsSource(nameof(Widths))]
    public int Bits { get; set; }

    [Params(64, 768)]
    public int Depth { get; set; }

    public override int PeakBits => Bits;

    public override double Flop => 2.0 * Panels * Kernel.Rows * Kernel.Columns * Depth;

    private TileKernel<float> Kernel => TileKernels.Float(Width(Bits));

    [GlobalSetup]
    public void Prepare()
    {
        kernel = Kernel;
        left = Buffer((Panels + 1) * kernel.Rows * Depth);
        right = Buffer(kernel.Columns * Depth);
        scratch = new NativeBuffer<float>(kernel.Columns + kernel.Rows + (kernel.Rows * kernel.Columns));
        scratch.Clear();
        new Span<float>(scratch.Pointer + kernel.Columns, kernel.Rows).Fill(float.MaxValue);
    }

    [Benchmark]
    public uint FloatTile()
    {
        float* a = left.Pointer, zeros = scratch.Pointer, cuts = zeros + kernel.Columns;
        var length = (nint)kernel.Rows * Depth;
        var hits = 0u;
        for (var panel = 0; panel < Panels; panel++, a += length)
        {
            hits |= kernel.Run(a, right.Pointer, Depth, a + length, zeros, cuts, false, cuts + kernel.Rows, kernel.Columns);
        }

        return hits;
    }

    [GlobalCleanup]
    public void Free()
    {
        left.Dispose();
        right.Dispose();
        scratch.Dispose();
    }
}
