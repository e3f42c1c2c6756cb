using BenchmarkDotNet.Attributes;
using PluginLens.Numerics.Kernels;
using PluginLens.Numerics.Search;

namespace PluginLens.KernelBenchmarks;

/// <summary>Packing of 384 rows into panels of the widest float tile.</summary>
public unsafe class PackingBenchmark : KernelBenchmark
{
    private const int Rows = 384;
    private readonly int width = TileKernels.Float(KernelWidths.Best).Columns;
    private NativeBuffer<float> rows = null!, panels = null!;
    private RowMajor chosen = null!;
    private int[] indices = null!;

    [Params(64, 768)]
    public int Depth { get; set; }

    public override double Bytes => 2.0 * Rows * Depth * sizeof(float);

    [GlobalSetup]
    public void Prepare()
    {
        rows = Buffer(Rows * Depth);
        panels = new NativeBuffer<float>(Rows * Depth);
        chosen = new RowMajor(new Matrix(Numbers(Rows * Depth), Rows, Depth));
        indices = [.. Enumerable.Range(0, Rows)];
        new Random(1).Shuffle(indices);
    }

    [Benchmark]
    public float PackRowsInOrder() => Each((row, count, panel) => PanelPacking.Strided(rows.Pointer + ((nint)row * Depth), Depth, 1, count, Depth, width, 1, panel));

    [Benchmark]
    public float PackChosenRows() => Each((row, count, panel) => PanelPacking.Chosen(chosen, indices.AsSpan(row, count), width, 1, panel));

    [Benchmark]
    public float Transpose()
    {
        Transposition.Copy(rows.Pointer, 1, Rows, Rows, Depth, panels.Pointer);
        return *panels.Pointer;
    }

    [GlobalCleanup]
    public void Free()
    {
        rows.Dispose();
        panels.Dispose();
        chosen.Dispose();
    }

    private float Each(Pack pack)
    {
        for (var row = 0; row + width <= Rows; row += width)
        {
            pack(row, width, panels.Pointer + ((nint)row * Depth));
        }

        return *panels.Pointer;
    }

    private delegate void Pack(int row, int count, float* panel);
}
