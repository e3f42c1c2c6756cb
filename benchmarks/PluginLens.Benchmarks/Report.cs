using PluginLens.Numerics.Kernels;

namespace PluginLens.Benchmarks;

/// <summary>Prints figures, and writes them where the PyTorch side finds them.</summary>
/// <param name="folder">Where to write; null = nowhere.</param>
internal sealed class Report(string? folder)
{
    /// <summary>Peak of each width, FLOP per second and core.</summary>
    public Dictionary<KernelWidth, double> Peaks { get; } = [];

    /// <summary>Prints a line.</summary>
    /// <param name="name">What was measured; the PyTorch side uses the same names.</param>
    /// <param name="seconds">Processor time.</param>
    /// <param name="flop">What the dense product would cost.</param>
    /// <param name="width">Whose peak to compare with.</param>
    public void Add(string name, double seconds, double flop, KernelWidth width)
    {
        var peak = Peaks[width];
        Console.WriteLine($"{name,-44} {seconds,9:0.0000} CPU-s  {seconds * peak / flop,8:0.000} x the FLOP limit  {flop / seconds / peak,7:0.0%} of peak");
        Write(name, seconds);
    }

    /// <summary>Prints a line of work that no count of operations describes.</summary>
    /// <param name="name">What was measured.</param>
    /// <param name="seconds">Processor time.</param>
    public void Add(string name, double seconds)
    {
        Console.WriteLine($"{name,-44} {seconds,9:0.0000} CPU-s");
        Write(name, seconds);
    }

    private void Write(string name, double seconds)
    {
        if (folder is not null)
        {
            File.AppendAllText(Path.Combine(folder, "results.txt"), $"{name}\t{seconds:R}\n");
        }
    }
}
