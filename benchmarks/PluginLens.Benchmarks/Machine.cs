using System.Globalization;
using System.Runtime.InteropServices;

namespace PluginLens.Benchmarks;

/// <summary>Where and when something was measured, without which a figure says nothing.</summary>
internal static class Machine
{
    private const string Processors = "/proc/cpuinfo", Load = "/proc/loadavg";

    /// <summary>Processor, how many of them, .NET, the date and the load at this moment, where the system tells.</summary>
    public static string Describe()
    {
        var model = File.Exists(Processors) ? File.ReadLines(Processors).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() : null;
        var load = File.Exists(Load) ? $", load {File.ReadAllText(Load).Split(' ')[0]}" : string.Empty;
        var date = DateTime.Now.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
        return $"{model ?? RuntimeInformation.ProcessArchitecture.ToString()}, {Environment.ProcessorCount} processors, {RuntimeInformation.FrameworkDescription}, {date}{load}";
    }
}
