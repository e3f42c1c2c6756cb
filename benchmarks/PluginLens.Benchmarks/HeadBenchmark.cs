using PluginLens.Numerics;
using PluginLens.Numerics.Kernels;
using PluginLens.Numerics.Search;

namespace PluginLens.Benchmarks;

/// <summary>The best pairs of one attention head of GPT-2 small: 50,257 x 50,257 entries of rank 64.</summary>
internal static class HeadBenchmark
{
    private const int Vocabulary = 50257;
    private const int Head = 64;

    public static void Run(Report report, Factors factors, int repetitions)
    {
        foreach (var (name, sigma) in new[] { ("head iid", 0.0), ("head lognormal(0.5)", 0.5) })
        {
            var file = sigma == 0 ? "iid" : "lognormal";
            var a = factors.Make(file + "_a", 1, Vocabulary, Head, sigma);
            var b = factors.Make(file + "_b", 2, Vocabulary, Head, sigma);
            if (sigma == 0)
            {
                var plain = new CpuCompute(1, default, null, KernelWidths.Best, ScreenUse.Never);
                report.Add($"{name} in float32 alone, {KernelWidths.Best}", Timing.Least(repetitions, () => plain.TopPairs(a, b, new PairQuery { K = 50 })), 2.0 * Vocabulary * Vocabulary * Head, KernelWidths.Best);
            }

            foreach (var k in new[] { 50, 1000 })
            {
                foreach (var width in report.Peaks.Keys.Where(width => k == 50 || width == KernelWidths.Best))
                {
                    var compute = new CpuCompute(1, default, null, width);
                    var seconds = Timing.Least(repetitions, () => compute.TopPairs(a, b, new PairQuery { K = k }));
                    report.Add($"{name}, top {k}, {width}", seconds, 2.0 * Vocabulary * Vocabulary * Head, width);
                }
            }
        }
    }
}
