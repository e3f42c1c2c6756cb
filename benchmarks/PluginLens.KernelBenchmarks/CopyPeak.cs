using System.Diagnostics;

namespace PluginLens.KernelBenchmarks;

/// <summary>How fast memory is copied where packing works: within the second-level cache.</summary>
internal static class CopyPeak
{
    private const int Bytes = 96 << 10, Copies = 2000, Repetitions = 20;

    /// <summary>Bytes read and written a second, the most of some repetitions.</summary>
    public static double Measure()
    {
        var (from, to) = (new byte[Bytes], new byte[Bytes]);
        var least = double.PositiveInfinity;
        for (var repetition = 0; repetition < Repetitions; repetition++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < Copies; i++)
            {
                from.AsSpan().CopyTo(to);
            }

            least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return 2.0 * Bytes * Copies / least;
    }
}
