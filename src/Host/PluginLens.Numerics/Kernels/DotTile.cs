using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PluginLens.Numerics.Kernels;

/// <summary>
/// The screen's tile where one instruction adds the products of four pairs of signed bytes to a sum of 32 bits: no bias is needed, and nothing to take one off.
/// Eight rows by eight columns are sixteen sums in registers: as many as hide how long an instruction takes, and few enough pairs for the first dimensions to rule all of them out.
/// </summary>
/// <typeparam name="TLanes">Whose products.</typeparam>
internal sealed unsafe class DotTile<TLanes> : ScreenKernel
    where TLanes : struct, IDotLanes
{
    private const int Size = 8;

    public override int Rows => Size;

    public override int Columns => Size;

    public override int Group => sizeof(int);

    public override int Bias => 0;

    public override void Start(short* b, int groups, short* start)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override int Run(in ScreenColumn column, int panel, int end, ScreenHits hits)
    {
        var sums = stackalloc int[Size * Size];
        var (stride, length) = (Size * (nint)column.All, Size * (nint)column.First);
        for (; panel < end; panel++)
        {
            var limit = column.FirstLimits[panel];
            if (limit == short.MaxValue)
            {
                continue;
            }

            var (c00, c01) = Vector128.Widen(Vector128.Load(column.Start));
            Vector128<int> c10 = c00, c11 = c01;
            Vector128<int> c20 = c00, c21 = c01;
            Vector128<int> c30 = c00, c31 = c01;
            Vector128<int> c40 = c00, c41 = c01;
            Vector128<int> c50 = c00, c51 = c01;
            Vector128<int> c60 = c00, c61 = c01;
            Vector128<int> c70 = c00, c71 = c01;
            var a = column.Left + (panel * stride);
            var b = (int*)column.Right;
            for (var last = a + length; a != last; a += Size, b += Size)
            {
                var b0 = Vector128.Load(b).AsSByte();
                var b1 = Vector128.Load(b + 4).AsSByte();
                var rows = Vector128.Load(a).AsSByte();
                c00 = TLanes.MultiplyAdd(c00, b0, rows, 0);
                c01 = TLanes.MultiplyAdd(c01, b1, rows, 0);
                c10 = TLanes.MultiplyAdd(c10, b0, rows, 1);
                c11 = TLanes.MultiplyAdd(c11, b1, rows, 1);
                c20 = TLanes.MultiplyAdd(c20, b0, rows, 2);
                c21 = TLanes.MultiplyAdd(c21, b1, rows, 2);
                c30 = TLanes.MultiplyAdd(c30, b0, rows, 3);
                c31 = TLanes.MultiplyAdd(c31, b1, rows, 3);
                rows = Vector128.Load(a + 4).AsSByte();
                c40 = TLanes.MultiplyAdd(c40, b0, rows, 0);
                c41 = TLanes.MultiplyAdd(c41, b1, rows, 0);
                c50 = TLanes.MultiplyAdd(c50, b0, rows, 1);
                c51 = TLanes.MultiplyAdd(c51, b1, rows, 1);
                c60 = TLanes.MultiplyAdd(c60, b0, rows, 2);
                c61 = TLanes.MultiplyAdd(c61, b1, rows, 2);
                c70 = TLanes.MultiplyAdd(c70, b0, rows, 3);
                c71 = TLanes.MultiplyAdd(c71, b1, rows, 3);
            }

            var largest = Vector128.Max(Largest(c00, c01, c10, c11), Largest(c20, c21, c30, c31));
            largest = Vector128.Max(largest, Vector128.Max(Largest(c40, c41, c50, c51), Largest(c60, c61, c70, c71)));
            if (Vector128.GreaterThanAny(largest, Vector128.Create(limit)))
            {
                Store(c00, c01, sums + (0 * Size));
                Store(c10, c11, sums + (1 * Size));
                Store(c20, c21, sums + (2 * Size));
                Store(c30, c31, sums + (3 * Size));
                Store(c40, c41, sums + (4 * Size));
                Store(c50, c51, sums + (5 * Size));
                Store(c60, c61, sums + (6 * Size));
                Store(c70, c71, sums + (7 * Size));
                Finish(column, panel, sums, hits);
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
    private static void Finish(in ScreenColumn column, int panel, int* sums, ScreenHits hits)
    {
        var a = column.Left + (panel * Size * (nint)column.All);
        var (start0, start1) = Vector128.Widen(Vector128.Load(column.Start));
        var (whole0, whole1) = Vector128.Widen(Vector128.Load(column.Whole));
        var (firstLimit, limit) = (Vector128.Create(column.FirstLimits[panel]), Vector128.Create((short)column.Limits[panel]));
        hits.Late++;
        hits.Count = 0;
        for (var row = 0; row < Size; row++)
        {
            Vector128<int> c0 = Vector128.Load(sums + (row * Size)), c1 = Vector128.Load(sums + (row * Size) + 4);
            if (!Vector128.GreaterThanAny(Vector128.Max(c0, c1), firstLimit))
            {
                continue;
            }

            (c0, c1) = (c0 - start0 + whole0, c1 - start1 + whole1);
            for (nint group = column.First; group < column.All; group++)
            {
                var x = Vector128.Create(a[(group * Size) + row]).AsSByte();
                var b = (int*)column.Right + (group * Size);
                c0 = TLanes.MultiplyAdd(c0, Vector128.Load(b).AsSByte(), x, 0);
                c1 = TLanes.MultiplyAdd(c1, Vector128.Load(b + 4).AsSByte(), x, 0);
            }

            // Sums of all groups fit 16 bits.
            for (var bits = Vector128.GreaterThan(Vector128.Narrow(c0, c1), limit).ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
            {
                hits.Places[hits.Count++] = (row * Size) + BitOperations.TrailingZeroCount(bits);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Largest(Vector128<int> a, Vector128<int> b, Vector128<int> c, Vector128<int> d) => Vector128.Max(Vector128.Max(a, b), Vector128.Max(c, d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<int> first, Vector128<int> second, int* row)
    {
        Vector128.Store(first, row);
        Vector128.Store(second, row + 4);
    }
}
