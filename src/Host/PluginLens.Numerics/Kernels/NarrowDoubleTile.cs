using System.Runtime.CompilerServices;

namespace PluginLens.Numerics.Kernels;

/// <summary>Six rows by two registers of columns, in float64.</summary>
/// <typeparam name="TLanes">Operations on a register.</typeparam>
/// <typeparam name="TVector">A register.</typeparam>
internal sealed unsafe class NarrowDoubleTile<TLanes, TVector> : DoubleKernel
    where TLanes : struct, IDoubleLanes<TVector>
    where TVector : struct
{
    public override int Rows => 6;

    public override int Columns => 2 * TLanes.Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(double* a, double* b, int depth, double* next, double* tile, nint stride)
    {
        TVector c00 = TLanes.Load(tile), c01 = TLanes.Load(tile + TLanes.Count);
        TVector c10 = TLanes.Load(tile + stride), c11 = TLanes.Load(tile + stride + TLanes.Count);
        TVector c20 = TLanes.Load(tile + (2 * stride)), c21 = TLanes.Load(tile + (2 * stride) + TLanes.Count);
        TVector c30 = TLanes.Load(tile + (3 * stride)), c31 = TLanes.Load(tile + (3 * stride) + TLanes.Count);
        TVector c40 = TLanes.Load(tile + (4 * stride)), c41 = TLanes.Load(tile + (4 * stride) + TLanes.Count);
        TVector c50 = TLanes.Load(tile + (5 * stride)), c51 = TLanes.Load(tile + (5 * stride) + TLanes.Count);
        for (var end = a + (6 * (nint)depth); a != end; a += 6, b += 2 * TLanes.Count, next += Line)
        {
            TileKernel.Prefetch(next);
            var b0 = TLanes.Load(b);
            var b1 = TLanes.Load(b + TLanes.Count);
            var x = TLanes.Broadcast(a);
            c00 = TLanes.MultiplyAdd(x, b0, c00);
            c01 = TLanes.MultiplyAdd(x, b1, c01);
            x = TLanes.Broadcast(a + 1);
            c10 = TLanes.MultiplyAdd(x, b0, c10);
            c11 = TLanes.MultiplyAdd(x, b1, c11);
            x = TLanes.Broadcast(a + 2);
            c20 = TLanes.MultiplyAdd(x, b0, c20);
            c21 = TLanes.MultiplyAdd(x, b1, c21);
            x = TLanes.Broadcast(a + 3);
            c30 = TLanes.MultiplyAdd(x, b0, c30);
            c31 = TLanes.MultiplyAdd(x, b1, c31);
            x = TLanes.Broadcast(a + 4);
            c40 = TLanes.MultiplyAdd(x, b0, c40);
            c41 = TLanes.MultiplyAdd(x, b1, c41);
            x = TLanes.Broadcast(a + 5);
            c50 = TLanes.MultiplyAdd(x, b0, c50);
            c51 = TLanes.MultiplyAdd(x, b1, c51);
        }

        TLanes.Store(c00, tile);
        TLanes.Store(c01, tile + TLanes.Count);
        TLanes.Store(c10, tile + stride);
        TLanes.Store(c11, tile + stride + TLanes.Count);
        TLanes.Store(c20, tile + (2 * stride));
        TLanes.Store(c21, tile + (2 * stride) + TLanes.Count);
        TLanes.Store(c30, tile + (3 * stride));
        TLanes.Store(c31, tile + (3 * stride) + TLanes.Count);
        TLanes.Store(c40, tile + (4 * stride));
        TLanes.Store(c41, tile + (4 * stride) + TLanes.Count);
        TLanes.Store(c50, tile + (5 * stride));
        TLanes.Store(c51, tile + (5 * stride) + TLanes.Count);
    }
}
