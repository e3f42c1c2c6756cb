using System.Numerics;
using System.Runtime.CompilerServices;

namespace PluginLens.Numerics.Kernels;

/// <summary>The tile in registers, as <see cref="RegisterTile{TShape, TLanes, TVector, T}"/> is made and for the same reasons.</summary>
/// <typeparam name="TShape">Rows and registers of a tile.</typeparam>
/// <typeparam name="TLanes">Operations on a register.</typeparam>
/// <typeparam name="TVector">A register.</typeparam>
internal sealed unsafe class ScreenTile<TShape, TLanes, TVector> : ScreenKernel
    where TShape : struct, ITileShape
    where TLanes : struct, IByteLanes<TVector>
    where TVector : struct
{
    public override int Rows => TShape.IsWide ? 8 : 6;

    public override int Columns => Registers * TLanes.Count;

    private static int Registers
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TShape.IsWide ? 3 : 2;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Start(int* b, int groups, int* start)
    {
        var bias = TLanes.Broadcast(Bias * 0x01010101);
        for (var register = 0; register < Registers; register++, b += TLanes.Count, start += TLanes.Count)
        {
            TVector sums = default;
            for (var group = 0; group < groups; group++)
            {
                sums = TLanes.MultiplyAdd(bias, TLanes.Load(b + ((nint)group * Registers * TLanes.Count)), sums);
            }

            TLanes.Store(TLanes.Negate(sums), start);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override bool Run(int* a, int* b, int groups, int* start, int limit, int* tile)
    {
        TVector c00 = TLanes.Load(start), c01 = TLanes.Load(start + TLanes.Count), c02 = TShape.IsWide ? TLanes.Load(start + (2 * TLanes.Count)) : default;
        TVector c10 = c00, c11 = c01, c12 = c02;
        TVector c20 = c00, c21 = c01, c22 = c02;
        TVector c30 = c00, c31 = c01, c32 = c02;
        TVector c40 = c00, c41 = c01, c42 = c02;
        TVector c50 = c00, c51 = c01, c52 = c02;
        TVector c60 = c00, c61 = c01, c62 = c02;
        TVector c70 = c00, c71 = c01, c72 = c02;
        for (var end = a + ((TShape.IsWide ? 8 : 6) * (nint)groups); a != end; a += TShape.IsWide ? 8 : 6, b += Registers * TLanes.Count)
        {
            var b0 = TLanes.Load(b);
            var b1 = TLanes.Load(b + TLanes.Count);
            var b2 = TShape.IsWide ? TLanes.Load(b + (2 * TLanes.Count)) : default;
            var x = TLanes.Broadcast(*a);
            c00 = TLanes.MultiplyAdd(x, b0, c00);
            c01 = TLanes.MultiplyAdd(x, b1, c01);
            c02 = TShape.IsWide ? TLanes.MultiplyAdd(x, b2, c02) : c02;
            x = TLanes.Broadcast(a[1]);
            c10 = TLanes.MultiplyAdd(x, b0, c10);
            c11 = TLanes.MultiplyAdd(x, b1, c11);
            c12 = TShape.IsWide ? TLanes.MultiplyAdd(x, b2, c12) : c12;
            x = TLanes.Broadcast(a[2]);
            c20 = TLanes.MultiplyAdd(x, b0, c20);
            c21 = TLanes.MultiplyAdd(x, b1, c21);
            c22 = TShape.IsWide ? TLanes.MultiplyAdd(x, b2, c22) : c22;
            x = TLanes.Broadcast(a[3]);
            c30 = TLanes.MultiplyAdd(x, b0, c30);
            c31 = TLanes.MultiplyAdd(x, b1, c31);
            c32 = TShape.IsWide ? TLanes.MultiplyAdd(x, b2, c32) : c32;
            x = TLanes.Broadcast(a[4]);
            c40 = TLanes.MultiplyAdd(x, b0, c40);
            c41 = TLanes.MultiplyAdd(x, b1, c41);
            c42 = TShape.IsWide ? TLanes.MultiplyAdd(x, b2, c42) : c42;
            x = TLanes.Broadcast(a[5]);
            c50 = TLanes.MultiplyAdd(x, b0, c50);
            c51 = TLanes.MultiplyAdd(x, b1, c51);
            c52 = TShape.IsWide ? TLanes.MultiplyAdd(x, b2, c52) : c52;
            if (TShape.IsWide)
            {
                x = TLanes.Broadcast(a[6]);
                c60 = TLanes.MultiplyAdd(x, b0, c60);
                c61 = TLanes.MultiplyAdd(x, b1, c61);
                c62 = TLanes.MultiplyAdd(x, b2, c62);
                x = TLanes.Broadcast(a[7]);
                c70 = TLanes.MultiplyAdd(x, b0, c70);
                c71 = TLanes.MultiplyAdd(x, b1, c71);
                c72 = TLanes.MultiplyAdd(x, b2, c72);
            }
        }

        // A total above the limit has a half above half of it: in most tiles none has, and the totals are not needed.
        var largest = TLanes.MaxSums(TLanes.MaxSums(LargestSum(c00, c01, c02), LargestSum(c10, c11, c12)), TLanes.MaxSums(LargestSum(c20, c21, c22), LargestSum(c30, c31, c32)));
        largest = TLanes.MaxSums(largest, TLanes.MaxSums(LargestSum(c40, c41, c42), LargestSum(c50, c51, c52)));
        largest = TShape.IsWide ? TLanes.MaxSums(largest, TLanes.MaxSums(LargestSum(c60, c61, c62), LargestSum(c70, c71, c72))) : largest;
        if (!TLanes.AnyAbove(largest, (short)Math.Clamp(limit >> 1, short.MinValue, short.MaxValue)))
        {
            return false;
        }

        Total(ref c00, ref c01, ref c02);
        Total(ref c10, ref c11, ref c12);
        Total(ref c20, ref c21, ref c22);
        Total(ref c30, ref c31, ref c32);
        Total(ref c40, ref c41, ref c42);
        Total(ref c50, ref c51, ref c52);
        if (TShape.IsWide)
        {
            Total(ref c60, ref c61, ref c62);
            Total(ref c70, ref c71, ref c72);
        }

        largest = TLanes.Max(TLanes.Max(Largest(c00, c01, c02), Largest(c10, c11, c12)), TLanes.Max(Largest(c20, c21, c22), Largest(c30, c31, c32)));
        largest = TLanes.Max(largest, TLanes.Max(Largest(c40, c41, c42), Largest(c50, c51, c52)));
        largest = TShape.IsWide ? TLanes.Max(largest, TLanes.Max(Largest(c60, c61, c62), Largest(c70, c71, c72))) : largest;
        if (TLanes.Above(largest, TLanes.Broadcast(limit)) == 0)
        {
            return false;
        }

        Store(c00, c01, c02, tile + (0 * Registers * TLanes.Count));
        Store(c10, c11, c12, tile + (1 * Registers * TLanes.Count));
        Store(c20, c21, c22, tile + (2 * Registers * TLanes.Count));
        Store(c30, c31, c32, tile + (3 * Registers * TLanes.Count));
        Store(c40, c41, c42, tile + (4 * Registers * TLanes.Count));
        Store(c50, c51, c52, tile + (5 * Registers * TLanes.Count));
        if (TShape.IsWide)
        {
            Store(c60, c61, c62, tile + (6 * Registers * TLanes.Count));
            Store(c70, c71, c72, tile + (7 * Registers * TLanes.Count));
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override int Hits(int* tile, int row, int limit, int* columns)
    {
        var count = 0;
        var limits = TLanes.Broadcast(limit);
        tile += row * Columns;
        for (var column = 0; column < Columns; column += TLanes.Count)
        {
            for (var bits = TLanes.Above(TLanes.Load(tile + column), limits); bits != 0; bits &= bits - 1)
            {
                columns[count++] = column + BitOperations.TrailingZeroCount(bits);
            }
        }

        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Total(ref TVector first, ref TVector second, ref TVector third)
    {
        first = TLanes.Total(first);
        second = TLanes.Total(second);
        third = TShape.IsWide ? TLanes.Total(third) : third;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector LargestSum(TVector first, TVector second, TVector third) =>
        TShape.IsWide ? TLanes.MaxSums(TLanes.MaxSums(first, second), third) : TLanes.MaxSums(first, second);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Largest(TVector first, TVector second, TVector third) =>
        TShape.IsWide ? TLanes.Max(TLanes.Max(first, second), third) : TLanes.Max(first, second);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TVector first, TVector second, TVector third, int* row)
    {
        TLanes.Store(first, row);
        TLanes.Store(second, row + TLanes.Count);
        if (TShape.IsWide)
        {
            TLanes.Store(third, row + (2 * TLanes.Count));
        }
    }
}
