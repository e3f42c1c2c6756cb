using System.Runtime.CompilerServices;

namespace PluginLens.Numerics.Kernels;

/// <summary>Eight rows by three registers of columns, in float64.</summary>
/// <typeparam name="TLanes">Operations on a register.</typeparam>
/// <typeparam name="TVector">A register.</typeparam>
internal sealed unsafe class WideDoubleTile<TLanes, TVector> : DoubleKernel
    where TLanes : struct, IDoubleLanes<TVector>
    where TVector : struct
{
    public override int Rows => 8;

    public override int Columns => 3 * TLanes.Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(double* a, double* b, int depth, double* next, double* tile, nint stride)
    {
        TVector c00 = TLanes.Load(tile), c01 = TLanes.Load(tile + TLanes.Count), c02 = TLanes.Load(tile + (2 * TLanes.Count));
        TVector c10 = TLanes.Load(tile + stride), c11 = TLanes.Load(tile + stride + TLanes.Count), c12 = TLanes.Load(tile + stride + (2 * TLanes.Count));
        TVector c20 = TLanes.Load(tile + (2 * stride)), c21 = TLanes.Load(tile + (2 * stride) + TLanes.Count), c22 = TLanes.Load(tile + (2 * stride) + (2 * TLanes.Count));
        TVector c30 = TLanes.Load(tile + (3 * stride)), c31 = TLanes.Load(tile + (3 * stride) + TLanes.Count), c32 = TLanes.Load(tile + (3 * stride) + (2 * TLanes.Count));
        TVector c40 = TLanes.Load(tile + (4 * stride)), c41 = TLanes.Load(tile + (4 * stride) + TLanes.Count), c42 = TLanes.Load(tile + (4 * stride) + (2 * TLanes.Count));
        TVector c50 = TLanes.Load(tile + (5 * stride)), c51 = TLanes.Load(tile + (5 * stride) + TLanes.Count), c52 = TLanes.Load(tile + (5 * stride) + (2 * TLanes.Count));
        TVector c60 = TLanes.Load(tile + (6 * stride)), c61 = TLanes.Load(tile + (6 * stride) + TLanes.Count), c62 = TLanes.Load(tile + (6 * stride) + (2 * TLanes.Count));
        TVector c70 = TLanes.Load(tile + (7 * stride)), c71 = TLanes.Load(tile + (7 * stride) + TLanes.Count), c72 = TLanes.Load(tile + (7 * stride) + (2 * TLanes.Count));
        for (var end = a + (8 * (nint)depth); a != end; a += 8, b += 3 * TLanes.Count, next += Line)
        {
            TileKernel.Prefetch(next);
            var b0 = TLanes.Load(b);
            var b1 = TLanes.Load(b + TLanes.Count);
            var b2 = TLanes.Load(b + (2 * TLanes.Count));
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
    }
}
