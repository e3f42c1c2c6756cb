using System.Numerics;
using System.Runtime.CompilerServices;

namespace PluginLens.Numerics.Kernels;

/// <summary>
/// The tile in registers, as <see cref="RegisterTile{TShape, TLanes, TVector, T}"/> is made and for the same reasons. It is no larger where there are more registers:
/// the fewer pairs in a tile, the fewer dimensions rule all of them out.
/// </summary>
/// <typeparam name="TLanes">Operations on a register.</typeparam>
/// <typeparam name="TVector">A register.</typeparam>
internal sealed unsafe class ScreenTile<TLanes, TVector> : ScreenKernel
    where TLanes : struct, IByteLanes<TVector>
    where TVector : struct
{
    private const int Height = 6;

    public override int Rows => Height;

    public override int Columns => 2 * TLanes.Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Start(short* b, int groups, short* start)
    {
        var bias = TLanes.Twice(Bias * 0x01010101);
        for (var register = 0; register < 2; register++, b += TLanes.Count, start += TLanes.Count)
        {
            TVector sums = default;
            for (var group = 0; group < groups; group++)
            {
                sums = TLanes.MultiplyAdd(bias, TLanes.Load(b + ((nint)group * 2 * TLanes.Count)), sums);
            }

            TLanes.Store(TLanes.Subtract(TLanes.Load(start), sums), start);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override ScreenOutcome Run(int* a, short* b, (int First, int All) groups, short* start, short* whole, (short First, short All) limits, short* tile)
    {
        TVector c00 = TLanes.Load(start), c01 = TLanes.Load(start + TLanes.Count);
        TVector c10 = c00, c11 = c01;
        TVector c20 = c00, c21 = c01;
        TVector c30 = c00, c31 = c01;
        TVector c40 = c00, c41 = c01;
        TVector c50 = c00, c51 = c01;
        var all = groups.First == groups.All;
        for (var end = a + (Height * (nint)groups.First); ; end += Height * (nint)(groups.All - groups.First))
        {
            for (; a != end; a += Height, b += 2 * TLanes.Count)
            {
                var b0 = TLanes.Load(b);
                var b1 = TLanes.Load(b + TLanes.Count);
                var x = TLanes.Twice(*a);
                c00 = TLanes.MultiplyAdd(x, b0, c00);
                c01 = TLanes.MultiplyAdd(x, b1, c01);
                x = TLanes.Twice(a[1]);
                c10 = TLanes.MultiplyAdd(x, b0, c10);
                c11 = TLanes.MultiplyAdd(x, b1, c11);
                x = TLanes.Twice(a[2]);
                c20 = TLanes.MultiplyAdd(x, b0, c20);
                c21 = TLanes.MultiplyAdd(x, b1, c21);
                x = TLanes.Twice(a[3]);
                c30 = TLanes.MultiplyAdd(x, b0, c30);
                c31 = TLanes.MultiplyAdd(x, b1, c31);
                x = TLanes.Twice(a[4]);
                c40 = TLanes.MultiplyAdd(x, b0, c40);
                c41 = TLanes.MultiplyAdd(x, b1, c41);
                x = TLanes.Twice(a[5]);
                c50 = TLanes.MultiplyAdd(x, b0, c50);
                c51 = TLanes.MultiplyAdd(x, b1, c51);
            }

            var largest = TLanes.Max(TLanes.Max(TLanes.Max(c00, c01), TLanes.Max(c10, c11)), TLanes.Max(TLanes.Max(c20, c21), TLanes.Max(c30, c31)));
            largest = TLanes.Max(largest, TLanes.Max(TLanes.Max(c40, c41), TLanes.Max(c50, c51)));
            if (!TLanes.AnyAbove(largest, all ? limits.All : limits.First))
            {
                return all ? ScreenOutcome.Late : ScreenOutcome.Early;
            }

            if (all)
            {
                break;
            }

            all = true;
            var rest0 = TLanes.Subtract(TLanes.Load(whole), TLanes.Load(start));
            var rest1 = TLanes.Subtract(TLanes.Load(whole + TLanes.Count), TLanes.Load(start + TLanes.Count));
            (c00, c01) = (TLanes.Add(c00, rest0), TLanes.Add(c01, rest1));
            (c10, c11) = (TLanes.Add(c10, rest0), TLanes.Add(c11, rest1));
            (c20, c21) = (TLanes.Add(c20, rest0), TLanes.Add(c21, rest1));
            (c30, c31) = (TLanes.Add(c30, rest0), TLanes.Add(c31, rest1));
            (c40, c41) = (TLanes.Add(c40, rest0), TLanes.Add(c41, rest1));
            (c50, c51) = (TLanes.Add(c50, rest0), TLanes.Add(c51, rest1));
        }

        Store(c00, c01, tile + (0 * 2 * TLanes.Count));
        Store(c10, c11, tile + (1 * 2 * TLanes.Count));
        Store(c20, c21, tile + (2 * 2 * TLanes.Count));
        Store(c30, c31, tile + (3 * 2 * TLanes.Count));
        Store(c40, c41, tile + (4 * 2 * TLanes.Count));
        Store(c50, c51, tile + (5 * 2 * TLanes.Count));
        return ScreenOutcome.Written;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override int Hits(short* row, short limit, int* columns)
    {
        var count = 0;
        for (var column = 0; column < Columns; column += TLanes.Count)
        {
            for (var bits = TLanes.Above(TLanes.Load(row + column), limit); bits != 0; bits &= bits - 1)
            {
                columns[count++] = column + BitOperations.TrailingZeroCount(bits);
            }
        }

        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TVector first, TVector second, short* row)
    {
        TLanes.Store(first, row);
        TLanes.Store(second, row + TLanes.Count);
    }
}
