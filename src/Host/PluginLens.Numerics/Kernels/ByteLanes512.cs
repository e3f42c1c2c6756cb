using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PluginLens.Numerics.Kernels;

/// <summary>AVX-512.</summary>
internal readonly unsafe struct ByteLanes512 : IByteLanes<Vector512<int>>
{
    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512<int>.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Load(int* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<int> value, int* destination) => Vector512.Store(value, destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Broadcast(int value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAdd(Vector512<int> unsigned, Vector512<int> signed, Vector512<int> sums) =>
        (Avx512BW.MultiplyAddAdjacent(unsigned.AsByte(), signed.AsSByte()) + sums.AsInt16()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Negate(Vector512<int> sums) => (-sums.AsInt16()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Total(Vector512<int> sums) => Avx512BW.MultiplyAddAdjacent(sums.AsInt16(), Vector512<short>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Max(Vector512<int> a, Vector512<int> b) => Vector512.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MaxSums(Vector512<int> a, Vector512<int> b) => Vector512.Max(a.AsInt16(), b.AsInt16()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyAbove(Vector512<int> sums, short limit) => Vector512.GreaterThanAny(sums.AsInt16(), Vector512.Create(limit));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Above(Vector512<int> totals, Vector512<int> limit) => (uint)Vector512.GreaterThan(totals, limit).ExtractMostSignificantBits();
}
