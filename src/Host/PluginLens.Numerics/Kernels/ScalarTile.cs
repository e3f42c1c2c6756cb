using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PluginLens.Numerics.Kernels;

/// <summary>The tile without vectors: the plain meaning of the others, and the form for processors without them.</summary>
internal sealed unsafe class ScalarTile : TileKernel<float>
{
    public override int Rows => 2;

    public override int Columns => 4;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override uint Run(float* a, float* b, int depth, float* next, float* start, float* cuts, bool absolute, float* tile, nint stride)
    {
        var hits = cuts is null ? uint.MaxValue : 0;
        for (var row = 0; row < 2; row++)
        {
            float c0 = start[0], c1 = start[1], c2 = start[2], c3 = start[3];
            for (var k = 0; k < depth; k++)
            {
                var x = a[(2 * k) + row];
                c0 = MultiplyAdd(x, b[4 * k], c0);
                c1 = MultiplyAdd(x, b[(4 * k) + 1], c1);
                c2 = MultiplyAdd(x, b[(4 * k) + 2], c2);
                c3 = MultiplyAdd(x, b[(4 * k) + 3], c3);
            }

            var target = tile + (row * stride);
            target[0] = c0;
            target[1] = c1;
            target[2] = c2;
            target[3] = c3;
            for (var column = 0; column < 4 && cuts is not null; column++)
            {
                hits |= Reaches(target[column], cuts[row], absolute) ? 1u << row : 0;
            }
        }

        return hits;
    }

    public override int Hits(float* tile, float* cuts, int row, bool absolute, int* columns)
    {
        var count = 0;
        for (var column = 0; column < 4; column++)
        {
            if (Reaches(tile[(4 * row) + column], cuts[row], absolute))
            {
                columns[count++] = column;
            }
        }

        return count;
    }

    private static bool Reaches(float value, float cut, bool absolute) => (absolute ? MathF.Abs(value) : value) >= cut;

    // Without the instruction a fused multiply-add is a slow library call, and nothing depends on it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float MultiplyAdd(float a, float b, float c) =>
        Fma.IsSupported || AdvSimd.IsSupported ? MathF.FusedMultiplyAdd(a, b, c) : (a * b) + c;
}
