using BenchmarkDotNet.Attributes;
using PluginLens.Numerics.Kernels;

namespace PluginLens.KernelBenchmarks;

/// <summary>The same walk by the screen of small integers, which rules every pair out. Its peak is that of float32: that is what it has to beat.</summary>
public unsafe class ScreenTileBenchmark : KernelBenchmark
{
    private const int Panels = 32;
    private ScreenKernel kernel = null!;
    private NativeBuffer<short> left = null!, right = null!, starts = null!;
    private NativeBuffer<int> limits = null!;
    private ScreenHits hits = null!;

    /// <summary>Widths that have a screen.</summary>
    public static IEnumerable<int> ScreenWidths => Widths.Where(bits => ScreenKernel.Of(Width(bits)) is not null);

    [ParamsSource(nameof(ScreenWidths))]
    public int Bits { get; set; }

    [Params(64, 768)]
    public int Depth { get; set; }

    public override int PeakBits => Bits;

    public override double Flop => 2.0 * Panels * Kernel.Rows * Kernel.Columns * Depth;

    private ScreenKernel Kernel => ScreenKernel.Of(Width(Bits))!;

    private int Groups => Depth / kernel.Group;

    private int First => Groups * 5 / 8;

    [GlobalSetup]
    public void Prepare()
    {
        kernel = Kernel;
        left = Integers(sizeof(int) / sizeof(short) * Panels * kernel.Rows * Groups, kernel.Bias);
        right = Integers(kernel.Group / sizeof(short) * kernel.Columns * Groups, 0);
        hits = new ScreenHits(kernel);
        limits = new NativeBuffer<int>(2 * Panels);
        starts = new NativeBuffer<short>(2 * kernel.Columns);
        starts.Clear();
        kernel.Start(right.Pointer, First, starts.Pointer);
        kernel.Start(right.Pointer, Groups, starts.Pointer + kernel.Columns);
    }

    /// <summary>All dimensions, which rule everything out.</summary>
    [Benchmark]
    public int ScreenTile() => Walk(Groups);

    /// <summary>The first five eighths of them do; the rate is that of all.</summary>
    [Benchmark]
    public int ScreenTileEarly() => Walk(First);

    [GlobalCleanup]
    public void Free()
    {
        left.Dispose();
        right.Dispose();
        starts.Dispose();
        limits.Dispose();
        hits.Dispose();
    }

    // Just below the largest short: that would leave the panels out.
    private int Walk(int groups)
    {
        new Span<int>(limits.Pointer, 2 * Panels).Fill(short.MaxValue - 1);
        var start = groups == Groups ? starts.Pointer + kernel.Columns : starts.Pointer;
        return kernel.Run(new ScreenColumn((int*)left.Pointer, right.Pointer, groups, Groups, start, start, limits.Pointer, limits.Pointer + Panels), 0, Panels, hits);
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
