using PluginLens.Numerics.Kernels;

namespace PluginLens.Benchmarks;

/// <summary>Prints figures, and writes them where peers.py finds them.</summary>
/// <param name="folder">Where to write; null = nowhere.</param>
internal sealed class Report(string? folder)
{
    /// <summary>Peak of each width, FLOP per second and core.</summary>
    public Dictionary<KernelWidth, double> Peaks { get; } = [];

    /// <summary>Prints where and when this is.</summary>
    /// <param name="machine">What <see cref="Machine"/> says.</param>
    public void AddMachine(string machine)
    {
        Console.WriteLine(machine);
        if (folder is not null)
        {
            File.WriteAllText(Path.Combine(folder, "machine.txt"), machine);
        }
    }

    /// <summary>Prints a peak, with which the lines that follow are compared.</summary>
    /// <param name="width">Register width.</param>
    /// <param name="peak">FLOP per second and core.</param>
    public void AddPeak(KernelWidth width, double peak)
    {
        Peaks[width] = peak;
        Console.WriteLine($"FMA peak, {width}: {peak / 1e9:0.0} GFLOP/s a core");
        Write($"peak {width}", peak);
    }

    /// <summary>Prints a line.</summary>
    /// <param name="name">What was measured; peers.py uses the same names.</param>
    /// <param name="seconds">Processor time.</param>
    /// <param name="flop">What the dense product would cost.</param>
    /// <param name="width">Whose peak to compare with.</param>
    public void Add(string name, double seconds, double flop, KernelWidth width)
    {
        var peak = Peaks[width];
        Console.WriteLine($"{name,-56} {seconds,9:0.0000} CPU-s  {seconds * peak / flop,8:0.000} x the FLOP limit  {flop / seconds / peak,7:0.0%} of peak");
        Write(name, seconds, flop);
    }

    /// <summary>Prints a line of work that no count of operations describes.</summary>
    /// <param name="name">What was measured.</param>
    /// <param name="seconds">Processor time.</param>
    public void Add(string name, double seconds)
    {
        Console.WriteLine($"{name,-56} {seconds,9:0.0000} CPU-s");
        Write(name, seconds);
    }

    private void Write(string name, double value, double flop = 0)
    {
        if (folder is not null)
        {
            File.AppendAllText(Path.Combine(folder, "results.txt"), $"{name}\t{value:R}\t{flop:R}\n");
        }
    }
}
