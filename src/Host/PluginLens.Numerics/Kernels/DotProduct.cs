using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PluginLens.Numerics.Kernels;

/// <summary>
/// The float64 dot product of float32 vectors that decides every order. A product of two floats is exact in float64 and the
/// sixteen partial sums are added in a fixed order, so the value is the same on every processor.
/// </summary>
internal static unsafe class DotProduct
{
    private const int Lanes = 16;

    /// <summary>The dot product; never -0.</summary>
    /// <param name="a">First vector, <c>[length]</c>.</param>
    /// <param name="b">Second vector, <c>[length]</c>.</param>
    /// <param name="length">Elements.</param>
    public static double Of(float* a, float* b, int length) => Of(a, b, length, a);

    /// <summary>The same, while what will be needed soon is fetched.</summary>
    /// <param name="a">First vector, <c>[length]</c>.</param>
    /// <param name="b">Second vector, <c>[length]</c>.</param>
    /// <param name="length">Elements.</param>
    /// <param name="next">As many elements from here are fetched. Any address will do.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Of(float* a, float* b, int length, float* next)
    {
        Vector256<double> s0 = default, s1 = default, s2 = default, s3 = default;
        var i = 0;
        for (; i <= length - Lanes; i += Lanes)
        {
            CacheLine.FetchFar(next + i);
            Add(a + i, b + i, ref s0, ref s1);
            Add(a + i + 8, b + i + 8, ref s2, ref s3);
        }

        if (i < length)
        {
            float* tail = stackalloc float[2 * Lanes];
            new Span<float>(tail, 2 * Lanes).Clear();
            for (var j = i; j < length; j++)
            {
                tail[j - i] = a[j];
                tail[Lanes + j - i] = b[j];
            }

            Add(tail, tail + Lanes, ref s0, ref s1);
            Add(tail + 8, tail + Lanes + 8, ref s2, ref s3);
        }

        var sum = (s0 + s1) + (s2 + s3);
        return (sum[0] + sum[2]) + (sum[1] + sum[3]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* a, float* b, ref Vector256<double> low, ref Vector256<double> high)
    {
        var (a0, a1) = Vector256.Widen(Vector256.Load(a));
        var (b0, b1) = Vector256.Widen(Vector256.Load(b));
        low = Vector256.MultiplyAddEstimate(a0, b0, low);
        high = Vector256.MultiplyAddEstimate(a1, b1, high);
    }
}
