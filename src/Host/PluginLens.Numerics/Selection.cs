using System.Numerics.Tensors;

namespace PluginLens.Numerics;

/// <summary>Selection of order statistics in linear time.</summary>
public static class Selection
{
    /// <summary>The k-th largest value; rearranges the span so that the k largest come first.</summary>
    /// <param name="values">Numbers without NaN; rearranged.</param>
    /// <param name="k">From 1 to the number of values.</param>
    public static float Largest(Span<float> values, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, values.Length);
        int low = 0, high = values.Length - 1, target = k - 1;
        while (low < high)
        {
            var pivot = MedianOfThree(values[low], values[low + ((high - low) / 2)], values[high]);
            int i = low, j = high;
            while (i <= j)
            {
                while (values[i] > pivot)
                {
                    i++;
                }

                while (values[j] < pivot)
                {
                    j--;
                }

                if (i <= j)
                {
                    (values[i], values[j]) = (values[j], values[i]);
                    i++;
                    j--;
                }
            }

            if (target <= j)
            {
                high = j;
            }
            else if (target >= i)
            {
                low = i;
            }
            else
            {
                break;
            }
        }

        return values[target];
    }

    /// <summary>Zeroes all but the k entries of largest magnitude; the lowest index wins a tie.</summary>
    /// <param name="values">Numbers; changed.</param>
    /// <param name="k">How many stay.</param>
    public static void KeepLargest(Span<float> values, int k)
    {
        if (k >= values.Length)
        {
            return;
        }

        var magnitudes = new float[values.Length];
        TensorPrimitives.Abs(values, magnitudes);
        var cut = k == 0 ? float.PositiveInfinity : Largest(magnitudes, k);
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

    private static float MedianOfThree(float a, float b, float c) =>
        Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
}
