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

    public override int Group => sizeof(short);

    public override int Bias => LargestLeft;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Start(short* b, int groups, short* start)
    {
        var bias = TLanes.Twice(Bias * 0x01010101);
        for (var register = 0; register < 2; register++, b += TLanes.Count, start += TLanes.Count)
        {
            TVector sums = default;
            for (var group = 0; group < groups; group++)
            {
                sums = TLanes.Add(sums, TLanes.Products(bias, TLanes.Load(b + ((nint)group * 2 * TLanes.Count))));
            }

            TLanes.Store(TLanes.Subtract(TLanes.Load(start), sums), start);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override int Run(in ScreenColumn column, int panel, int end, ScreenHits hits)
    {
        var (stride, length) = (Height * (nint)column.All, Height * (nint)column.First);
        for (; panel < end; panel++)
        {
            var limit = column.FirstLimits[panel];
            if (limit == short.MaxValue)
            {
                continue;
            }

            TVector c00 = TLanes.Load(column.Start), c01 = TLanes.Load(column.Start + TLanes.Count);
            TVector c10 = c00, c11 = c01;
            TVector c20 = c00, c21 = c01;
            TVector c30 = c00, c31 = c01;
            TVector c40 = c00, c41 = c01;
            TVector c50 = c00, c51 = c01;
            var a = column.Left + (panel * stride);
            var b = column.Right;
            for (var last = a + length; a != last; a += Height, b += 2 * TLanes.Count)
            {
                // Additions between the products would take their place in the processor's units that multiply.
                var b0 = TLanes.Load(b);
                if (TLanes.ManyRegisters)
                {
                    var b1 = TLanes.Load(b + TLanes.Count);
                    var x0 = TLanes.Twice(*a);
                    TVector p00 = TLanes.Products(x0, b0), p01 = TLanes.Products(x0, b1);
                    var x1 = TLanes.Twice(a[1]);
                    TVector p10 = TLanes.Products(x1, b0), p11 = TLanes.Products(x1, b1);
                    var x2 = TLanes.Twice(a[2]);
                    TVector p20 = TLanes.Products(x2, b0), p21 = TLanes.Products(x2, b1);
                    var x3 = TLanes.Twice(a[3]);
                    TVector p30 = TLanes.Products(x3, b0), p31 = TLanes.Products(x3, b1);
                    var x4 = TLanes.Twice(a[4]);
                    TVector p40 = TLanes.Products(x4, b0), p41 = TLanes.Products(x4, b1);
                    var x5 = TLanes.Twice(a[5]);
                    TVector p50 = TLanes.Products(x5, b0), p51 = TLanes.Products(x5, b1);
                    (c00, c01) = (TLanes.Add(c00, p00), TLanes.Add(c01, p01));
                    (c10, c11) = (TLanes.Add(c10, p10), TLanes.Add(c11, p11));
                    (c20, c21) = (TLanes.Add(c20, p20), TLanes.Add(c21, p21));
                    (c30, c31) = (TLanes.Add(c30, p30), TLanes.Add(c31, p31));
                    (c40, c41) = (TLanes.Add(c40, p40), TLanes.Add(c41, p41));
                    (c50, c51) = (TLanes.Add(c50, p50), TLanes.Add(c51, p51));
                    continue;
                }

                // With 16 registers two of them, and the other half of the columns comes from memory each time.
                var x = TLanes.Twice(*a);
                var p = TLanes.Products(x, b0);
                x = TLanes.Products(x, TLanes.Load(b + TLanes.Count));
                (c00, c01) = (TLanes.Add(c00, p), TLanes.Add(c01, x));
                x = TLanes.Twice(a[1]);
                p = TLanes.Products(x, b0);
                x = TLanes.Products(x, TLanes.Load(b + TLanes.Count));
                (c10, c11) = (TLanes.Add(c10, p), TLanes.Add(c11, x));
                x = TLanes.Twice(a[2]);
                p = TLanes.Products(x, b0);
                x = TLanes.Products(x, TLanes.Load(b + TLanes.Count));
                (c20, c21) = (TLanes.Add(c20, p), TLanes.Add(c21, x));
                x = TLanes.Twice(a[3]);
                p = TLanes.Products(x, b0);
                x = TLanes.Products(x, TLanes.Load(b + TLanes.Count));
                (c30, c31) = (TLanes.Add(c30, p), TLanes.Add(c31, x));
                x = TLanes.Twice(a[4]);
                p = TLanes.Products(x, b0);
                x = TLanes.Products(x, TLanes.Load(b + TLanes.Count));
                (c40, c41) = (TLanes.Add(c40, p), TLanes.Add(c41, x));
                x = TLanes.Twice(a[5]);
                p = TLanes.Products(x, b0);
                x = TLanes.Products(x, TLanes.Load(b + TLanes.Count));
                (c50, c51) = (TLanes.Add(c50, p), TLanes.Add(c51, x));
            }

            var largest = TLanes.Max(TLanes.Max(TLanes.Max(c00, c01), TLanes.Max(c10, c11)), TLanes.Max(TLanes.Max(c20, c21), TLanes.Max(c30, c31)));
            largest = TLanes.Max(largest, TLanes.Max(TLanes.Max(c40, c41), TLanes.Max(c50, c51)));
            if (TLanes.AnyAbove(largest, (short)limit))
            {
                Store(c00, c01, hits.Tile + (0 * 2 * TLanes.Count));
                Store(c10, c11, hits.Tile + (1 * 2 * TLanes.Count));
                Store(c20, c21, hits.Tile + (2 * 2 * TLanes.Count));
                Store(c30, c31, hits.Tile + (3 * 2 * TLanes.Count));
                Store(c40, c41, hits.Tile + (4 * 2 * TLanes.Count));
                Store(c50, c51, hits.Tile + (5 * 2 * TLanes.Count));
                Finish(column, panel, hits);
                if (hits.Count > 0)
                {
                    return panel;
                }
            }
        }

        return end;
    }

    // The other groups of those rows of a tile that may matter.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Finish(in ScreenColumn column, int panel, ScreenHits hits)
    {
        var a = column.Left + (panel * Height * (nint)column.All);
        var (firstLimit, limit) = ((short)column.FirstLimits[panel], (short)column.Limits[panel]);
        hits.Late++;
        hits.Count = 0;
        for (var row = 0; row < Height; row++)
        {
            var sums = hits.Tile + (row * 2 * TLanes.Count);
            TVector c0 = TLanes.Load(sums), c1 = TLanes.Load(sums + TLanes.Count);
            if (!TLanes.AnyAbove(TLanes.Max(c0, c1), firstLimit))
            {
                continue;
            }

            c0 = TLanes.Add(c0, TLanes.Subtract(TLanes.Load(column.Whole), TLanes.Load(column.Start)));
            c1 = TLanes.Add(c1, TLanes.Subtract(TLanes.Load(column.Whole + TLanes.Count), TLanes.Load(column.Start + TLanes.Count)));
            for (nint group = column.First; group < column.All; group++)
            {
                var x = TLanes.Twice(a[(group * Height) + row]);
                var b = column.Right + (group * 2 * TLanes.Count);
                c0 = TLanes.Add(c0, TLanes.Products(x, TLanes.Load(b)));
                c1 = TLanes.Add(c1, TLanes.Products(x, TLanes.Load(b + TLanes.Count)));
            }

            if (TLanes.AnyAbove(TLanes.Max(c0, c1), limit))
            {
                List(TLanes.Above(c0, limit), row * 2 * TLanes.Count, hits);
                List(TLanes.Above(c1, limit), (row * 2 * TLanes.Count) + TLanes.Count, hits);
            }
        }
    }

    private static void List(uint bits, int place, ScreenHits hits)
    {
        for (; bits != 0; bits &= bits - 1)
        {
            hits.Places[hits.Count++] = place + BitOperations.TrailingZeroCount(bits);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TVector first, TVector second, short* row)
    {
        TLanes.Store(first, row);
        TLanes.Store(second, row + TLanes.Count);
    }
}
