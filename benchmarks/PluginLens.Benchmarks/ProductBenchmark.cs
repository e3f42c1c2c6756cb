using PluginLens.Numerics;
using PluginLens.Numerics.Kernels;

namespace PluginLens.Benchmarks;

/// <summary>Products of the shapes that analyses need: a head's factor, a square one, a few rows onto the vocabulary.</summary>
internal static class ProductBenchmark
{
    // They are short: the first ones compile, and later ones still meet other work.
    private const int TimesMore = 5;

    public static void Run(Report report, int repetitions)
    {
        var factors = new Factors(null);
        foreach (var (n, r, m) in new[] { (50257, 768, 64), (1024, 1024, 1024), (64, 768, 50257), (2048, 64, 8192) })
        {
            var (a, b) = (factors.Make("a", 5, n, r, 0), factors.Make("b", 6, r, m, 0));
            foreach (var width in report.Peaks.Keys.Where(width => width >= KernelWidth.Vector256))
            {
                var compute = new CpuCompute(1, default, null, width);
                var product = new float[n * m];
                var seconds = Timing.Least(repetitions * TimesMore, () => compute.Multiply(a, b, product));
                report.Add($"product {n} x {r} x {m}, {width}", seconds, 2.0 * n * r * m, width);
            }
        }
    }
}
