using System.Runtime.CompilerServices;

namespace PluginLens.Numerics.Kernels;

/// <summary>The tile in registers, as <see cref="RegisterTile{TShape, TLanes, TVector, T}"/> is made and for the same reasons; 24 or 12 sums.</summary>
/// <typeparam name="TShape">Four registers of columns, or two.</typeparam>
/// <typeparam name="TLanes">Operations on a register.</typeparam>
/// <typeparam name="TVector">A register.</typeparam>
internal sealed unsafe class RowTile<TShape, TLanes, TVector> : RowKernel
    where TShape : struct, ITileShape
    where TLanes : struct, ILanes<TVector, float>
    where TVector : struct
{
    /// <summary>Steps of the depth by which the panel is fetched ahead.</summary>
    private const int Distance = 8;

    public override int Columns => Registers * TLanes.Count;

    private static int Registers
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TShape.IsWide ? 4 : 2;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(float* a, nint stride, int depth, float* b, float* tile, nint tileStride)
    {
        float* r1 = a + stride, r2 = r1 + stride, r3 = r2 + stride, r4 = r3 + stride, r5 = r4 + stride;
        var next = r5 + stride;
        TVector c00 = default, c01 = default, c02 = default, c03 = default;
        TVector c10 = default, c11 = default, c12 = default, c13 = default;
        TVector c20 = default, c21 = default, c22 = default, c23 = default;
        TVector c30 = default, c31 = default, c32 = default, c33 = default;
        TVector c40 = default, c41 = default, c42 = default, c43 = default;
        TVector c50 = default, c51 = default, c52 = default, c53 = default;
        for (nint k = 0; k < depth; k++, b += Registers * TLanes.Count, next += Rows)
        {
            // The rows of the next tile come from memory, a sixteenth of a line of each at a step; the panel from a farther cache.
            CacheLine.FetchFar(next);
            CacheLine.FetchNear(b + (Distance * Registers * TLanes.Count));
            CacheLine.FetchNear(b + (((Distance * Registers) + 1) * TLanes.Count));
            if (TShape.IsWide)
            {
                CacheLine.FetchNear(b + (((Distance * Registers) + 2) * TLanes.Count));
                CacheLine.FetchNear(b + (((Distance * Registers) + 3) * TLanes.Count));
            }

            var b0 = TLanes.Load(b);
            var b1 = TLanes.Load(b + TLanes.Count);
            var b2 = TShape.IsWide ? TLanes.Load(b + (2 * TLanes.Count)) : default;
            var b3 = TShape.IsWide ? TLanes.Load(b + (3 * TLanes.Count)) : default;
            var x = TLanes.Broadcast(a + k);
            c00 = TLanes.MultiplyAdd(x, b0, c00);
            c01 = TLanes.MultiplyAdd(x, b1, c01);
            c02 = TShape.IsWide ? TLanes.MultiplyAdd(x, b2, c02) : c02;
            c03 = TShape.IsWide ? TLanes.MultiplyAdd(x, b3, c03) : c03;
            x = TLanes.Broadcast(r1 + k);
            c10 = TLanes.MultiplyAdd(x, b0, c10);
            c11 = TLanes.MultiplyAdd(x, b1, c11);
            c12 = TShape.IsWide ? TLanes.MultiplyAdd(x, b2, c12) : c12;
            c13 = TShape.IsWide ? TLanes.MultiplyAdd(x, b3, c13) : c13;
            x = TLanes.Broadcast(r2 + k);
            c20 = TLanes.MultiplyAdd(x, b0, c20);
            c21 = TLanes.MultiplyAdd(x, b1, c21);
            c22 = TShape.IsWide ? TLanes.MultiplyAdd(x, b2, c22) : c22;
            c23 = TShape.IsWide ? TLanes.MultiplyAdd(x, b3, c23) : c23;
            x = TLanes.Broadcast(r3 + k);
            c30 = TLanes.MultiplyAdd(x, b0, c30);
            c31 = TLanes.MultiplyAdd(x, b1, c31);
            c32 = TShape.IsWide ? TLanes.MultiplyAdd(x, b2, c32) : c32;
            c33 = TShape.IsWide ? TLanes.MultiplyAdd(x, b3, c33) : c33;
            x = TLanes.Broadcast(r4 + k);
            c40 = TLanes.MultiplyAdd(x, b0, c40);
            c41 = TLanes.MultiplyAdd(x, b1, c41);
            c42 = TShape.IsWide ? TLanes.MultiplyAdd(x, b2, c42) : c42;
            c43 = TShape.IsWide ? TLanes.MultiplyAdd(x, b3, c43) : c43;
            x = TLanes.Broadcast(r5 + k);
            c50 = TLanes.MultiplyAdd(x, b0, c50);
            c51 = TLanes.MultiplyAdd(x, b1, c51);
            c52 = TShape.IsWide ? TLanes.MultiplyAdd(x, b2, c52) : c52;
            c53 = TShape.IsWide ? TLanes.MultiplyAdd(x, b3, c53) : c53;
        }

        Store(c00, c01, c02, c03, tile);
        Store(c10, c11, c12, c13, tile + (1 * tileStride));
        Store(c20, c21, c22, c23, tile + (2 * tileStride));
        Store(c30, c31, c32, c33, tile + (3 * tileStride));
        Store(c40, c41, c42, c43, tile + (4 * tileStride));
        Store(c50, c51, c52, c53, tile + (5 * tileStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TVector first, TVector second, TVector third, TVector fourth, float* row)
    {
        TLanes.Store(first, row);
        TLanes.Store(second, row + TLanes.Count);
        if (TShape.IsWide)
        {
            TLanes.Store(third, row + (2 * TLanes.Count));
            TLanes.Store(fourth, row + (3 * TLanes.Count));
        }
    }
}
