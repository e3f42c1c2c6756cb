using System.Runtime.CompilerServices;

namespace PluginLens.Numerics.Kernels;

/// <summary>Eight rows by three registers of columns: 24 sums, for processors with 32 registers (AVX-512, NEON).</summary>
/// <typeparam name="TLanes">Operations on a register.</typeparam>
/// <typeparam name="TVector">A register.</typeparam>
internal sealed unsafe class WideTile<TLanes, TVector> : TileKernel
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    /// <summary>Steps of the depth by which the right panel is fetched ahead: a panel of a deep product lies in the second-level cache.</summary>
    private const int Distance = 8;

    public override int Rows => 8;

    public override int Columns => 3 * TLanes.Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override uint Run(float* a, float* b, int depth, float* next, float* start, float* cuts, bool absolute, float* tile, nint stride)
    {
        TVector c00 = TLanes.Load(start), c01 = TLanes.Load(start + TLanes.Count), c02 = TLanes.Load(start + 2 * TLanes.Count);
        TVector c10 = TLanes.Load(start), c11 = TLanes.Load(start + TLanes.Count), c12 = TLanes.Load(start + 2 * TLanes.Count);
        TVector c20 = TLanes.Load(start), c21 = TLanes.Load(start + TLanes.Count), c22 = TLanes.Load(start + 2 * TLanes.Count);
        TVector c30 = TLanes.Load(start), c31 = TLanes.Load(start + TLanes.Count), c32 = TLanes.Load(start + 2 * TLanes.Count);
        TVector c40 = TLanes.Load(start), c41 = TLanes.Load(start + TLanes.Count), c42 = TLanes.Load(start + 2 * TLanes.Count);
        TVector c50 = TLanes.Load(start), c51 = TLanes.Load(start + TLanes.Count), c52 = TLanes.Load(start + 2 * TLanes.Count);
        TVector c60 = TLanes.Load(start), c61 = TLanes.Load(start + TLanes.Count), c62 = TLanes.Load(start + 2 * TLanes.Count);
        TVector c70 = TLanes.Load(start), c71 = TLanes.Load(start + TLanes.Count), c72 = TLanes.Load(start + 2 * TLanes.Count);
        for (var end = a + (8 * (nint)depth); a != end; a += 8, b += 3 * TLanes.Count, next += Line)
        {
            Prefetch(next);
            Ahead(b + (Distance * 3 * TLanes.Count));
            Ahead(b + (((Distance * 3) + 1) * TLanes.Count));
            Ahead(b + (((Distance * 3) + 2) * TLanes.Count));
            var b0 = TLanes.Load(b);
            var b1 = TLanes.Load(b + TLanes.Count);
            var b2 = TLanes.Load(b + 2 * TLanes.Count);
            var x = TLanes.Broadcast(a);
            c00 = TLanes.MultiplyAdd(x, b0, c00);
            c01 = TLanes.MultiplyAdd(x, b1, c01);
            c02 = TLanes.MultiplyAdd(x, b2, c02);
            x = TLanes.Broadcast(a + 1);
            c10 = TLanes.MultiplyAdd(x, b0, c10);
            c11 = TLanes.MultiplyAdd(x, b1, c11);
            c12 = TLanes.MultiplyAdd(x, b2, c12);
            x = TLanes.Broadcast(a + 2);
            c20 = TLanes.MultiplyAdd(x, b0, c20);
            c21 = TLanes.MultiplyAdd(x, b1, c21);
            c22 = TLanes.MultiplyAdd(x, b2, c22);
            x = TLanes.Broadcast(a + 3);
            c30 = TLanes.MultiplyAdd(x, b0, c30);
            c31 = TLanes.MultiplyAdd(x, b1, c31);
            c32 = TLanes.MultiplyAdd(x, b2, c32);
            x = TLanes.Broadcast(a + 4);
            c40 = TLanes.MultiplyAdd(x, b0, c40);
            c41 = TLanes.MultiplyAdd(x, b1, c41);
            c42 = TLanes.MultiplyAdd(x, b2, c42);
            x = TLanes.Broadcast(a + 5);
            c50 = TLanes.MultiplyAdd(x, b0, c50);
            c51 = TLanes.MultiplyAdd(x, b1, c51);
            c52 = TLanes.MultiplyAdd(x, b2, c52);
            x = TLanes.Broadcast(a + 6);
            c60 = TLanes.MultiplyAdd(x, b0, c60);
            c61 = TLanes.MultiplyAdd(x, b1, c61);
            c62 = TLanes.MultiplyAdd(x, b2, c62);
            x = TLanes.Broadcast(a + 7);
            c70 = TLanes.MultiplyAdd(x, b0, c70);
            c71 = TLanes.MultiplyAdd(x, b1, c71);
            c72 = TLanes.MultiplyAdd(x, b2, c72);
        }

        var hits = uint.MaxValue;
        if (cuts != null)
        {
            hits = Bit(TLanes.Max(TLanes.Max(c00, c01), c02), cuts, 0);
            hits |= Bit(TLanes.Max(TLanes.Max(c10, c11), c12), cuts, 1);
            hits |= Bit(TLanes.Max(TLanes.Max(c20, c21), c22), cuts, 2);
            hits |= Bit(TLanes.Max(TLanes.Max(c30, c31), c32), cuts, 3);
            hits |= Bit(TLanes.Max(TLanes.Max(c40, c41), c42), cuts, 4);
            hits |= Bit(TLanes.Max(TLanes.Max(c50, c51), c52), cuts, 5);
            hits |= Bit(TLanes.Max(TLanes.Max(c60, c61), c62), cuts, 6);
            hits |= Bit(TLanes.Max(TLanes.Max(c70, c71), c72), cuts, 7);
            if (absolute)
            {
                hits |= Bit(TLanes.Negate(TLanes.Min(TLanes.Min(c00, c01), c02)), cuts, 0);
                hits |= Bit(TLanes.Negate(TLanes.Min(TLanes.Min(c10, c11), c12)), cuts, 1);
                hits |= Bit(TLanes.Negate(TLanes.Min(TLanes.Min(c20, c21), c22)), cuts, 2);
                hits |= Bit(TLanes.Negate(TLanes.Min(TLanes.Min(c30, c31), c32)), cuts, 3);
                hits |= Bit(TLanes.Negate(TLanes.Min(TLanes.Min(c40, c41), c42)), cuts, 4);
                hits |= Bit(TLanes.Negate(TLanes.Min(TLanes.Min(c50, c51), c52)), cuts, 5);
                hits |= Bit(TLanes.Negate(TLanes.Min(TLanes.Min(c60, c61), c62)), cuts, 6);
                hits |= Bit(TLanes.Negate(TLanes.Min(TLanes.Min(c70, c71), c72)), cuts, 7);
            }

            if (hits == 0)
            {
                return 0;
            }
        }

        TLanes.Store(c00, tile);
        TLanes.Store(c01, tile + TLanes.Count);
        TLanes.Store(c02, tile + (2 * TLanes.Count));
        TLanes.Store(c10, tile + stride);
        TLanes.Store(c11, tile + stride + TLanes.Count);
        TLanes.Store(c12, tile + stride + (2 * TLanes.Count));
        TLanes.Store(c20, tile + (2 * stride));
        TLanes.Store(c21, tile + (2 * stride) + TLanes.Count);
        TLanes.Store(c22, tile + (2 * stride) + (2 * TLanes.Count));
        TLanes.Store(c30, tile + (3 * stride));
        TLanes.Store(c31, tile + (3 * stride) + TLanes.Count);
        TLanes.Store(c32, tile + (3 * stride) + (2 * TLanes.Count));
        TLanes.Store(c40, tile + (4 * stride));
        TLanes.Store(c41, tile + (4 * stride) + TLanes.Count);
        TLanes.Store(c42, tile + (4 * stride) + (2 * TLanes.Count));
        TLanes.Store(c50, tile + (5 * stride));
        TLanes.Store(c51, tile + (5 * stride) + TLanes.Count);
        TLanes.Store(c52, tile + (5 * stride) + (2 * TLanes.Count));
        TLanes.Store(c60, tile + (6 * stride));
        TLanes.Store(c61, tile + (6 * stride) + TLanes.Count);
        TLanes.Store(c62, tile + (6 * stride) + (2 * TLanes.Count));
        TLanes.Store(c70, tile + (7 * stride));
        TLanes.Store(c71, tile + (7 * stride) + TLanes.Count);
        TLanes.Store(c72, tile + (7 * stride) + (2 * TLanes.Count));
        return hits;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override int Hits(float* tile, float* cuts, int row, bool absolute, int* columns)
    {
        var count = 0;
        var cut = TLanes.Broadcast(cuts + row);
        tile += row * Columns;
        for (var column = 0; column < Columns; column += TLanes.Count)
        {
            var value = TLanes.Load(tile + column);
            var bits = TLanes.AtLeast(absolute ? TLanes.Abs(value) : value, cut);
            for (; bits != 0; bits &= bits - 1)
            {
                columns[count++] = column + System.Numerics.BitOperations.TrailingZeroCount(bits);
            }
        }

        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Bit(TVector values, float* cuts, int row) => TLanes.AtLeast(values, TLanes.Broadcast(cuts + row)) != 0 ? 1u << row : 0;
}
