using BenchmarkDotNet.Attributes;
using PluginLens.Numerics.Kernels;

namespace PluginLens.KernelBenchmarks;

/// <summary>The same walk by the screen of small integers, which rules every pair out. Its peak is that of float32: that is what it has to beat.</summary>
public unsafe class ScreenTileBenchmark : KernelBenchmark
{
    private const int Panels = 32;
    private ScreenKernel kernel = null!;
    private NativeBuffer<int> left = null!, right = null!, scratch = null!;

    /// <summary>Widths that have a screen.</summary>
    public static IEnumerable<int> ScreenWidths => Widths.Where(bits => ScreenKernel.Of(Width(bits)) is not null);

    [ParamsSource(nameof(ScreenWidths))]
    public int Bits { get; set; }

    [Params(64, 768)]
    public int Depth { get; set; }

    public override int PeakBits => Bits;

    public override double Flop => 2.0 * Panels * Kernel.Rows * Kernel.Columns * Depth;

    private ScreenKernel Kernel => ScreenKernel.Of(Width(Bits))!;

    private int Groups => Depth / ScreenKernel.Group;

    [GlobalSetup]
    public void Prepare()
    {
        kernel = Kernel;
        left = Integers(Panels * kernel.Rows * Groups, ScreenKernel.Bias);
        right = Integers(kernel.Columns * Groups, 0);
        scratch = new NativeBuffer<int>(kernel.Columns * (kernel.Rows + 1));
        kernel.Start(right.Pointer, Groups, scratch.Pointer);
    }

    [Benchmark]
    public bool ScreenTile()
    {
        int* a = left.Pointer, start = scratch.Pointer;
        var any = false;
        for (var panel = 0; panel < Panels; panel++, a += kernel.Rows * Groups)
        {
            any |= kernel.Run(a, right.Pointer, Groups, start, short.MaxValue, start + kernel.Columns);
        }

        return any;
    }

    [GlobalCleanup]
    public void Free()
    {
        left.Dispose();
        right.Dispose();
        scratch.Dispose();
    }

    // Bytes of at most 2, so that no sum of either depth leaves 16 bits.
    private static NativeBuffer<int> Integers(int length, int bias)
    {
        var random = new Random(1);
        var buffer = new NativeBuffer<int>(length);
        foreach (ref var value in new Span<byte>(buffer.Pointer, length * sizeof(int)))
        {
            value = (byte)(bias + random.Next(-2, 3));
        }

        return buffer;
    }
}
