using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace PluginLens.Numerics.Search;

/// <summary>The largest of some values, in linear time.</summary>
internal static class LargestValues
{
    /// <summary>The k-th largest value, by bisection: counting what reaches a value has no branches and uses whole registers.</summary>
    /// <param name="values">Numbers without NaN.</param>
    /// <param name="k">From 1 to the number of values.</param>
    public static float Kth(ReadOnlySpan<float> values, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, values.Length);
        long low = Rank(TensorPrimitives.Min(values)), high = Rank(TensorPrimitives.Max(values));
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            var (count, least) = AtLeast(values, Value(middle));
            if (count == k)
            {
                return least;
            }

            (low, high) = count > k ? (middle, high) : (low, middle - 1);
        }

        return Value(low);
    }

    /// <summary>Zeroes all but the k entries of largest magnitude; the lowest index wins a tie.</summary>
    /// <param name="values">Numbers; changed.</param>
    /// <param name="k">How many stay.</param>
    public static void Keep(Span<float> values, int k)
    {
        if (k >= values.Length)
        {
            return;
        }

        var magnitudes = new float[values.Length];
        TensorPrimitives.Abs(values, magnitudes);
        var cut = k == 0 ? float.PositiveInfinity : Kth(magnitudes, k);
        var ties = k;
        foreach (var value in values)
        {
            ties -= Math.Abs(value) > cut ? 1 : 0;
        }

        for (var i = 0; i < values.Length; i++)
        {
            var magnitude = Math.Abs(values[i]);
            if (!(magnitude > cut || (magnitude == cut && ties-- > 0)))
            {
                values[i] = 0;
            }
        }
    }

    // How many values reach a bound, and the least of them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (int Count, float Least) AtLeast(ReadOnlySpan<float> values, float bound)
    {
        var bounds = new Vector<float>(bound);
        var least = new Vector<float>(float.PositiveInfinity);
        var counts = Vector<int>.Zero;
        var i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var some = new Vector<float>(values[i..]);
            var reach = Vector.GreaterThanOrEqual(some, bounds);
            counts -= reach;
            least = Vector.MinNative(least, Vector.ConditionalSelect(reach, some, least));
        }

        var (count, smallest) = (Vector.Sum(counts), float.PositiveInfinity);
        for (var lane = 0; lane < Vector<float>.Count; lane++)
        {
            smallest = Math.Min(smallest, least[lane]);
        }

        for (; i < values.Length; i++)
        {
            count += values[i] >= bound ? 1 : 0;
            smallest = values[i] >= bound ? Math.Min(smallest, values[i]) : smallest;
        }

        return (count, smallest);
    }

    // Integers in the order of the floats.
    private static int Rank(float value)
    {
        var bits = BitConverter.SingleToInt32Bits(value);
        return bits < 0 ? bits ^ int.MaxValue : bits;
    }

    private static float Value(long rank) => BitConverter.Int32BitsToSingle((int)(rank < 0 ? rank ^ int.MaxValue : rank));
}
