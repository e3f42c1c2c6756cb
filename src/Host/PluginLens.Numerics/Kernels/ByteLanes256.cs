using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PluginLens.Numerics.Kernels;

/// <summary>AVX2.</summary>
internal readonly unsafe struct ByteLanes256 : IByteLanes<Vector256<int>>
{
    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector256<int>.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(int* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<int> value, int* destination) => Vector256.Store(value, destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Broadcast(int value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAdd(Vector256<int> unsigned, Vector256<int> signed, Vector256<int> sums) =>
        (Avx2.MultiplyAddAdjacent(unsigned.AsByte(), signed.AsSByte()) + sums.AsInt16()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Negate(Vector256<int> sums) => (-sums.AsInt16()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Total(Vector256<int> sums) => Avx2.MultiplyAddAdjacent(sums.AsInt16(), Vector256<short>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Max(Vector256<int> a, Vector256<int> b) => Vector256.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MaxSums(Vector256<int> a, Vector256<int> b) => Vector256.Max(a.AsInt16(), b.AsInt16()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyAbove(Vector256<int> sums, short limit) => Vector256.GreaterThanAny(sums.AsInt16(), Vector256.Create(limit));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Above(Vector256<int> totals, Vector256<int> limit) => Vector256.GreaterThan(totals, limit).ExtractMostSignificantBits();
}
