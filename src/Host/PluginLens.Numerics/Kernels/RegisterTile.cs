using System.Numerics;
using System.Runtime.CompilerServices;

namespace PluginLens.Numerics.Kernels;

/// <summary>
/// A tile of sums in registers: one text for both shapes, every width and both precisions. The sums are named, one by one, because the
/// compiler keeps in registers only what has a name of its own.
/// </summary>
/// <typeparam name="TShape">Rows and registers of a tile.</typeparam>
/// <typeparam name="TLanes">Operations on a register.</typeparam>
/// <typeparam name="TVector">A register.</typeparam>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
internal sealed unsafe class RegisterTile<TShape, TLanes, TVector, T> : TileKernel<T>
    where TShape : struct, ITileShape
    where TLanes : struct, ILanes<TVector, T>
    where TVector : struct
    where T : unmanaged
{
    /// <summary>Steps of the depth by which the right panel is fetched ahead: a panel of a deep product lies in the second-level cache.</summary>
    private const int Distance = 8;

    public override int Rows => TShape.IsWide ? 8 : 6;

    public override int Columns => Registers * TLanes.Count;

    private static int Registers
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TShape.IsWide ? 3 : 2;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override uint Run(T* a, T* b, int depth, T* next, T* start, T* cuts, bool absolute, T* tile, nint stride)
    {
        // Known to the compiler: a step that it does not know costs a hundredth of a product of depth 64.
        var step = typeof(T) == typeof(double) ? stride : 0;
        TVector c00 = Load(start, 0), c01 = Load(start, 1), c02 = TShape.IsWide ? Load(start, 2) : default;
        start += step;
        TVector c10 = Load(start, 0), c11 = Load(start, 1), c12 = TShape.IsWide ? Load(start, 2) : default;
        start += step;
        TVector c20 = Load(start, 0), c21 = Load(start, 1), c22 = TShape.IsWide ? Load(start, 2) : default;
        start += step;
        TVector c30 = Load(start, 0), c31 = Load(start, 1), c32 = TShape.IsWide ? Load(start, 2) : default;
        start += step;
        TVector c40 = Load(start, 0), c41 = Load(start, 1), c42 = TShape.IsWide ? Load(start, 2) : default;
        start += step;
        TVector c50 = Load(start, 0), c51 = Load(start, 1), c52 = TShape.IsWide ? Load(start, 2) : default;
        start += step;
        TVector c60 = TShape.IsWide ? Load(start, 0) : default, c61 = TShape.IsWide ? Load(start, 1) : default, c62 = TShape.IsWide ? Load(start, 2) : default;
        start += step;
        TVector c70 = TShape.IsWide ? Load(start, 0) : default, c71 = TShape.IsWide ? Load(start, 1) : default, c72 = TShape.IsWide ? Load(start, 2) : default;
        for (var end = a + ((TShape.IsWide ? 8 : 6) * (nint)depth); a != end; a += TShape.IsWide ? 8 : 6, b += Registers * TLanes.Count, next += Line)
        {
            CacheLine.FetchFar(next);
            if (TShape.IsWide && typeof(T) == typeof(float))
            {
                CacheLine.FetchNear(b + (Distance * 3 * TLanes.Count));
                CacheLine.FetchNear(b + (((Distance * 3) + 1) * TLanes.Count));
                CacheLine.FetchNear(b + (((Distance * 3) + 2) * TLanes.Count));
            }

            var b0 = TLanes.Load(b);
            var b1 = TLanes.Load(b + TLanes.Count);
            var b2 = TShape.IsWide ? TLanes.Load(b + (2 * TLanes.Count)) : default;
            var x = TLanes.Broadcast(a);
            c00 = TLanes.MultiplyAdd(x, b0, c00);
            c01 = TLanes.MultiplyAdd(x, b1, c01);
            c02 = TShape.IsWide ? TLanes.MultiplyAdd(x, b2, c02) : c02;
            x = TLanes.Broadcast(a + 1);
            c10 = TLanes.MultiplyAdd(x, b0, c10);
            c11 = TLanes.MultiplyAdd(x, b1, c11);
            c12 = TShape.IsWide ? TLanes.MultiplyAdd(x, b2, c12) : c12;
            x = TLanes.Broadcast(a + 2);
            c20 = TLanes.MultiplyAdd(x, b0, c20);
            c21 = TLanes.MultiplyAdd(x, b1, c21);
            c22 = TShape.IsWide ? TLanes.MultiplyAdd(x, b2, c22) : c22;
            x = TLanes.Broadcast(a + 3);
            c30 = TLanes.MultiplyAdd(x, b0, c30);
            c31 = TLanes.MultiplyAdd(x, b1, c31);
            c32 = TShape.IsWide ? TLanes.MultiplyAdd(x, b2, c32) : c32;
            x = TLanes.Broadcast(a + 4);
            c40 = TLanes.MultiplyAdd(x, b0, c40);
            c41 = TLanes.MultiplyAdd(x, b1, c41);
            c42 = TShape.IsWide ? TLanes.MultiplyAdd(x, b2, c42) : c42;
            x = TLanes.Broadcast(a + 5);
            c50 = TLanes.MultiplyAdd(x, b0, c50);
            c51 = TLanes.MultiplyAdd(x, b1, c51);
            c52 = TShape.IsWide ? TLanes.MultiplyAdd(x, b2, c52) : c52;
            if (TShape.IsWide)
            {
                x = TLanes.Broadcast(a + 6);
                c60 = TLanes.MultiplyAdd(x, b0, c60);
                c61 = TLanes.MultiplyAdd(x, b1, c61);
                c62 = TLanes.MultiplyAdd(x, b2, c62);
                x = TLanes.Broadcast(a + 7);
                c70 = TLanes.MultiplyAdd(x, b0, c70);
                c71 = TLanes.MultiplyAdd(x, b1, c71);
                c72 = TLanes.MultiplyAdd(x, b2, c72);
            }
        }

        var hits = uint.MaxValue;
        if (cuts is not null)
        {
            hits = Bit(Largest(c00, c01, c02), cuts, 0);
            hits |= Bit(Largest(c10, c11, c12), cuts, 1);
            hits |= Bit(Largest(c20, c21, c22), cuts, 2);
            hits |= Bit(Largest(c30, c31, c32), cuts, 3);
            hits |= Bit(Largest(c40, c41, c42), cuts, 4);
            hits |= Bit(Largest(c50, c51, c52), cuts, 5);
            hits |= TShape.IsWide ? Bit(Largest(c60, c61, c62), cuts, 6) : 0;
            hits |= TShape.IsWide ? Bit(Largest(c70, c71, c72), cuts, 7) : 0;
            if (absolute)
            {
                hits |= Bit(TLanes.Negate(Least(c00, c01, c02)), cuts, 0);
                hits |= Bit(TLanes.Negate(Least(c10, c11, c12)), cuts, 1);
                hits |= Bit(TLanes.Negate(Least(c20, c21, c22)), cuts, 2);
                hits |= Bit(TLanes.Negate(Least(c30, c31, c32)), cuts, 3);
                hits |= Bit(TLanes.Negate(Least(c40, c41, c42)), cuts, 4);
                hits |= Bit(TLanes.Negate(Least(c50, c51, c52)), cuts, 5);
                hits |= TShape.IsWide ? Bit(TLanes.Negate(Least(c60, c61, c62)), cuts, 6) : 0;
                hits |= TShape.IsWide ? Bit(TLanes.Negate(Least(c70, c71, c72)), cuts, 7) : 0;
            }

            if (hits == 0)
            {
                return 0;
            }
        }

        Store(c00, c01, c02, tile + (0 * stride));
        Store(c10, c11, c12, tile + (1 * stride));
        Store(c20, c21, c22, tile + (2 * stride));
        Store(c30, c31, c32, tile + (3 * stride));
        Store(c40, c41, c42, tile + (4 * stride));
        Store(c50, c51, c52, tile + (5 * stride));
        if (TShape.IsWide)
        {
            Store(c60, c61, c62, tile + (6 * stride));
            Store(c70, c71, c72, tile + (7 * stride));
        }

        return hits;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override int Hits(T* tile, T* cuts, int row, bool absolute, int* columns)
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
                columns[count++] = column + BitOperations.TrailingZeroCount(bits);
            }
        }

        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Load(T* row, int register) => TLanes.Load(row + (register * TLanes.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TVector first, TVector second, TVector third, T* row)
    {
        TLanes.Store(first, row);
        TLanes.Store(second, row + TLanes.Count);
        if (TShape.IsWide)
        {
            TLanes.Store(third, row + (2 * TLanes.Count));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Largest(TVector first, TVector second, TVector third) =>
        TShape.IsWide ? TLanes.Max(TLanes.Max(first, second), third) : TLanes.Max(first, second);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Least(TVector first, TVector second, TVector third) =>
        TShape.IsWide ? TLanes.Min(TLanes.Min(first, second), third) : TLanes.Min(first, second);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Bit(TVector values, T* cuts, int row) => TLanes.AtLeast(values, TLanes.Broadcast(cuts + row)) != 0 ? 1u << row : 0;
}
