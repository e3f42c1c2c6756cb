using BenchmarkDotNet.Attributes;
using PluginLens.Numerics.Kernels;

namespace PluginLens.KernelBenchmarks;

/// <summary>The same walk by the screen of small integers, which rules every pair out. Its peak is that of float32: that is what it has to beat.</summary>
public unsafe class ScreenTileBenchmark : KernelBenchmark
{
    private const int Panels = 32;
    private ScreenKernel kernel = null!;
    private NativeBuffer<short> left = null!, right = null!, scratch = null!;

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

    private int First => Groups * 5 / 8;

    [GlobalSetup]
    public void Prepare()
    {
        kernel = Kernel;
        left = Integers(2 * Panels * kernel.Rows * Groups, ScreenKernel.Bias);
        right = Integers(kernel.Columns * Groups, 0);
        scratch = new NativeBuffer<short>(kernel.Columns * (kernel.Rows + 2));
        scratch.Clear();
        kernel.Start(right.Pointer, First, scratch.Pointer);
        kernel.Start(right.Pointer, Groups, scratch.Pointer + kernel.Columns);
    }

    /// <summary>The first dimensions rule nothing out, all of them everything.</summary>
    [Benchmark]
    public int ScreenTile() => Walk(short.MinValue);

    /// <summary>The first five eighths of the dimensions do; the rate is that of all of them.</summary>
    [Benchmark]
    public int ScreenTileEarly() => Walk(short.MaxValue);

    [GlobalCleanup]
    public void Free()
    {
        left.Dispose();
        right.Dispose();
        scratch.Dispose();
    }

    private int Walk(short limit)
    {
        var a = (int*)left.Pointer;
        short* start = scratch.Pointer, whole = start + kernel.Columns;
        var sum = 0;
        for (var panel = 0; panel < Panels; panel++, a += kernel.Rows * Groups)
        {
            sum += (int)kernel.Run(a, right.Pointer, (First, Groups), start, whole, (limit, short.MaxValue), whole + kernel.Columns);
        }

        return sum;
    }

    // Bytes of at most 2, so that no sum of either depth leaves 16 bits.
    private static NativeBuffer<short> Integers(int length, int bias)
    {
        var random = new Random(1);
        var buffer = new NativeBuffer<short>(length);
        foreach (ref var value in new Span<byte>(buffer.Pointer, length * sizeof(short)))
        {
            value = (byte)(bias + random.Next(-2, 3));
        }

        return buffer;
    }
}
