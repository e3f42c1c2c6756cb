using System.Diagnostics;

namespace PluginLens.Benchmarks;

/// <summary>Processor time of the whole process, the least of several repetitions: what a busy machine disturbs least.</summary>
internal static class Timing
{
    /// <summary>Seconds of processor time.</summary>
    /// <param name="repetitions">How often; the first one also compiles.</param>
    /// <param name="action">What is measured.</param>
    public static double Least(int repetitions, Action action)
    {
        var least = double.PositiveInfinity;
        var process = Process.GetCurrentProcess();
        for (var i = 0; i < repetitions; i++)
        {
            process.Refresh();
            var before = process.TotalProcessorTime;
            action();
            process.Refresh();
            least = Math.Min(least, (process.TotalProcessorTime - before).TotalSeconds);
        }

        return least;
    }
}
