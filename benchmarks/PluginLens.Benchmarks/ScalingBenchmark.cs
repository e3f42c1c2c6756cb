using System.Globalization;
using PluginLens.Numerics;
using PluginLens.Numerics.Kernels;

namespace PluginLens.Benchmarks;

/// <summary>How the 50 best pairs of heads grow with the vocabulary, the width of a head, the number of heads and the number of threads.</summary>
internal static class ScalingBenchmark
{
    /// <summary>Threads are measured so many times more often: all processors are seldom free at once on a machine that does other work.</summary>
    public const int TimesMore = 8;

    private const int K = 50, Head = 64, SmallVocabulary = 5000, MiddleVocabulary = 20000, Vocabulary = 50257;
    private const string Seconds = "processor seconds, power of ten", Limits = "times the FLOP limit";
    private static readonly (string Name, double Sigma)[] Kinds = [("iid", 0), ("lognormal(0.5)", 0.5)];

    /// <summary>Measures, prints each figure and gives the curves.</summary>
    /// <param name="report">Receives the figures; its peak is the unit.</param>
    /// <param name="repetitions">How often each is measured.</param>
    public static IReadOnlyList<Chart> Run(Report report, int repetitions)
    {
        int[] vocabularies = [5000, 10000, 20000, Vocabulary, 100000], depths = [16, 32, 64, 128, 256], heads = [1, 2, 4, 8, 12, 24];
        int[] threads = [.. new[] { 1, 2, 4 }.Where(count => count == 1 || count <= Environment.ProcessorCount)];
        WarmUp();
        var byVocabulary = Kinds.Select(kind => Measure(kind, vocabularies, size => One(kind, size, Head, 1))).ToList();
        var byDepth = Kinds.Select(kind => Measure(kind, depths, depth => One(kind, MiddleVocabulary, depth, 1))).ToList();
        var byHeads = Kinds.Select(kind => Measure(kind, heads, count => One(kind, SmallVocabulary, Head, 1, count))).ToList();
        var byThreads = Kinds.Select(kind => Measure(kind, threads, count => One(kind, MiddleVocabulary, Head, count, 1, TimesMore))).ToList();

        return
        [
            Chart($"Vocabulary, d_head {Head}", "V", vocabularies, Seconds, byVocabulary, point => Math.Log10(point.Processor)),
            Chart($"Vocabulary, d_head {Head}", "V", vocabularies, Limits, byVocabulary, point => point.Limits),
            Chart($"Width of a head, V = {Thousands(MiddleVocabulary)}", "d_head", depths, Seconds, byDepth, point => Math.Log10(point.Processor)),
            Chart($"Width of a head, V = {Thousands(MiddleVocabulary)}", "d_head", depths, Limits, byDepth, point => point.Limits),
            Chart($"Heads, V = {Thousands(SmallVocabulary)}, d_head {Head}", "heads one after another", heads, Limits, byHeads, point => point.Limits),
            new Chart(
                $"Threads, V = {Thousands(MiddleVocabulary)}, d_head {Head}",
                "threads",
                "relative to one thread",
                Labels(threads),
                [
                    .. byThreads.Select(curve => new Series($"{curve.Name}, wall time", [.. curve.Points.Select(point => (double?)(point.Wall / curve.Points[0].Wall))])),
                    .. byThreads.Select(curve => new Series($"{curve.Name}, processor", [.. curve.Points.Select(point => (double?)(point.Processor / curve.Points[0].Processor))])),
                ]),
        ];

        Point One((string Name, double Sigma) kind, int size, int depth, int threadCount, int count = 1, int more = 1)
        {
            var factors = new Factors(null);
            var pairs = Enumerable.Range(0, count).Select(head => (A: factors.Make("a", (2 * head) + 1, size, depth, kind.Sigma), B: factors.Make("b", (2 * head) + 2, size, depth, kind.Sigma))).ToList();
            var compute = new CpuCompute(threadCount);
            var (processor, wall) = Timing.LeastOfBoth(repetitions * more, () => pairs.ForEach(pair => compute.TopPairs(pair.A, pair.B, new PairQuery { K = K })));
            var flop = 2.0 * size * size * depth * count;
            report.Add($"{kind.Name}, V {size}, d_head {depth}, heads: {count}, threads: {threadCount}", processor, flop, KernelWidths.Best);
            Console.WriteLine($"{string.Empty,-56} {wall,9:0.0000} s on the clock");
            return new Point(processor, wall, processor * report.Peaks[KernelWidths.Best] / flop);
        }
    }

    // The shortest take two milliseconds: what is measured first is to be compiled as well as what comes last.
    private static void WarmUp()
    {
        const int Calls = 40;
        foreach (var (_, sigma) in Kinds)
        {
            var (a, b) = (new Factors(null).Make("a", 1, SmallVocabulary, Head, sigma), new Factors(null).Make("b", 2, SmallVocabulary, Head, sigma));
            for (var i = 0; i < Calls; i++)
            {
                new CpuCompute(1).TopPairs(a, b, new PairQuery { K = K });
            }
        }
    }

    private static Curve Measure((string Name, double Sigma) kind, int[] at, Func<int, Point> measure) => new(kind.Name, [.. at.Select(measure)]);

    private static Chart Chart(string title, string axis, int[] at, string unit, List<Curve> curves, Func<Point, double> value) =>
        new(title, axis, unit, Labels(at), [.. curves.Select(curve => new Series(curve.Name, [.. curve.Points.Select(point => (double?)value(point))]))]);

    private static List<string> Labels(int[] at) => [.. at.Select(Thousands)];

    private static string Thousands(int number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Seconds, and those of the processor in multiples of the FLOP limit.</summary>
    private sealed record Point(double Processor, double Wall, double Limits);

    private sealed record Curve(string Name, List<Point> Points);
}
