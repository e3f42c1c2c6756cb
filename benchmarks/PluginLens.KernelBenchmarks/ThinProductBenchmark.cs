using BenchmarkDotNet.Attributes;
using PluginLens.Numerics;

namespace PluginLens.KernelBenchmarks;

/// <summary>4,096 rows by the 64 columns of a head, packing of the columns included.</summary>
public class ThinProductBenchmark : KernelBenchmark
{
    private const int Rows = 4096, Columns = 64;
    private CpuCompute compute = null!;
    private Matrix a, b;
    private float[] product = null!;

    [ParamsSource(nameof(Widths))]
    public int Bits { get; set; }

    [Params(64, 768)]
    public int Depth { get; set; }

    public override int PeakBits => Bits;

    public override double Flop => 2.0 * Rows * Columns * Depth;

    [GlobalSetup]
    public void Prepare()
    {
        compute = new CpuCompute(1, default, null, Width(Bits));
        a = new Matrix(Numbers(Rows * Depth), Rows, Depth);
        b = new Matrix(Numbers(Depth * Columns), Depth, Columns);
        product = new float[Rows * Columns];
    }

    [Benchmark]
    public float ThinProduct()
    {
        compute.Multiply(a, b, product);
        return product[0];
    }
}
