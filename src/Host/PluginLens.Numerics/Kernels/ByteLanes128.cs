using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PluginLens.Numerics.Kernels;

/// <summary>SSSE3.</summary>
internal readonly unsafe struct ByteLanes128 : IByteLanes<Vector128<int>>
{
    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128<int>.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Load(int* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<int> value, int* destination) => Vector128.Store(value, destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Broadcast(int value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAdd(Vector128<int> unsigned, Vector128<int> signed, Vector128<int> sums) =>
        (Ssse3.MultiplyAddAdjacent(unsigned.AsByte(), signed.AsSByte()) + sums.AsInt16()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Negate(Vector128<int> sums) => (-sums.AsInt16()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Total(Vector128<int> sums) => Sse2.MultiplyAddAdjacent(sums.AsInt16(), Vector128<short>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Max(Vector128<int> a, Vector128<int> b) => Vector128.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MaxSums(Vector128<int> a, Vector128<int> b) => Vector128.Max(a.AsInt16(), b.AsInt16()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyAbove(Vector128<int> sums, short limit) => Vector128.GreaterThanAny(sums.AsInt16(), Vector128.Create(limit));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Above(Vector128<int> totals, Vector128<int> limit) => Vector128.GreaterThan(totals, limit).ExtractMostSignificantBits();
}
