namespace PluginLens.Numerics;

/// <summary>Random numbers that are the same for a seed on every machine and in every version of .NET (Steele, Lea and Flood, SplitMix64, 2014).</summary>
internal sealed class SeededNumbers(int seed)
{
    private ulong _state = (ulong)seed;

    /// <summary>An index below a bound.</summary>
    /// <param name="bound">Above 0.</param>
    public int Below(int bound) => (int)(((Next() >> 32) * (ulong)bound) >> 32);

    /// <summary>A normal number: mean 0, deviation 1 (Box and Muller).</summary>
    public double Normal() => Math.Sqrt(-2 * Math.Log(1 - Uniform())) * Math.Cos(2 * Math.PI * Uniform());

    /// <summary>At least 0, below 1.</summary>
    public double Uniform() => (Next() >> 11) / (double)(1UL << 53);

    private ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
