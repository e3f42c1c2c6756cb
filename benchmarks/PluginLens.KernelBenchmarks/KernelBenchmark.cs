using PluginLens.Numerics.Kernels;

namespace PluginLens.KernelBenchmarks;

/// <summary>What one call of a benchmark's methods comes to, from its parameters alone: it is asked before any set-up.</summary>
public abstract class KernelBenchmark
{
    /// <summary>Seed of all data.</summary>
    private const int Seed = 1;

    /// <summary>Register widths that this processor has, in bits.</summary>
    public static IEnumerable<int> Widths => new[] { 128, 256, 512 }.Where(bits => Width(bits) <= KernelWidths.Best);

    /// <summary>Floating-point operations, those of float64 counted double because a register holds half as many; 0 where bytes are what counts.</summary>
    public virtual double Flop => 0;

    /// <summary>Bytes read and written, each once.</summary>
    public virtual double Bytes => 0;

    /// <summary>Whose peak to compare with.</summary>
    public virtual int PeakBits => Widths.Last();

    private protected static KernelWidth Width(int bits) => bits switch { 512 => KernelWidth.Vector512, 256 => KernelWidth.Vector256, _ => KernelWidth.Vector128 };

    /// <summary>Numbers between -1 and 1.</summary>
    /// <param name="length">How many.</param>
    private protected static float[] Numbers(int length)
    {
        var random = new Random(Seed);
        var numbers = new float[length];
        for (var i = 0; i < length; i++)
        {
            numbers[i] = (2 * random.NextSingle()) - 1;
        }

        return numbers;
    }

    /// <summary>The same where kernels read them.</summary>
    /// <param name="length">How many.</param>
    private protected static NativeBuffer<float> Buffer(int length)
    {
        var buffer = new NativeBuffer<float>(length);
        unsafe
        {
            Numbers(length).CopyTo(new Span<float>(buffer.Pointer, length));
        }

        return buffer;
    }
}
