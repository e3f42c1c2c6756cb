using System.Diagnostics;

namespace PluginLens.Benchmarks;

/// <summary>Times of several repetitions, the least of each: what a busy machine disturbs least.</summary>
internal static class Timing
{
    /// <summary>Seconds of processor time of the whole process.</summary>
    /// <param name="repetitions">How often; the first one also compiles.</param>
    /// <param name="action">What is measured.</param>
    public static double Least(int repetitions, Action action) => LeastOfBoth(repetitions, action).Processor;

    /// <summary>Seconds of processor time of the whole process, and on the clock.</summary>
    /// <param name="repetitions">How often; the first one also compiles.</param>
    /// <param name="action">What is measured.</param>
    public static (double Processor, double Wall) LeastOfBoth(int repetitions, Action action)
    {
        var (processor, wall) = (double.PositiveInfinity, double.PositiveInfinity);
        var process = Process.GetCurrentProcess();
        for (var i = 0; i < repetitions; i++)
        {
            process.Refresh();
            var (before, start) = (process.TotalProcessorTime, Stopwatch.GetTimestamp());
            action();
            wall = Math.Min(wall, Stopwatch.GetElapsedTime(start).TotalSeconds);
            process.Refresh();
            processor = Math.Min(processor, (process.TotalProcessorTime - before).TotalSeconds);
        }

        return (processor, wall);
    }
}
