using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PluginLens.Models.Format.Files;

/// <summary>Looks for NaN and infinity at the speed of memory.</summary>
internal static class NotFinite
{
    /// <summary>Index of the first NaN or infinity, or -1.</summary>
    /// <param name="data">Any numbers.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int FirstIn(ReadOnlySpan<float> data)
    {
        // x * 0 is 0 for every finite x and NaN otherwise: one sum tells whether to look closer.
        var sum = Vector<float>.Zero;
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(data);
        foreach (var vector in vectors)
        {
            sum += vector * Vector<float>.Zero;
        }

        var isSuspicious = Vector.Sum(sum) != 0;
        for (var at = isSuspicious ? 0 : vectors.Length * Vector<float>.Count; at < data.Length; at++)
        {
            if (!float.IsFinite(data[at]))
            {
                return at;
            }
        }

        return -1;
    }

    /// <summary>Whether there is a NaN; infinity is none.</summary>
    /// <param name="data">Any numbers.</param>
    public static bool HasNaN(ReadOnlySpan<float> data)
    {
        var found = Vector<int>.Zero;
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(data);
        foreach (var vector in vectors)
        {
            found |= ~Vector.Equals(vector, vector);
        }

        var hasNaN = found != Vector<int>.Zero;
        foreach (var number in data[(vectors.Length * Vector<float>.Count)..])
        {
            hasNaN |= float.IsNaN(number);
        }

        return hasNaN;
    }
}
