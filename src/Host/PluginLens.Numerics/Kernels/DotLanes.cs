using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace PluginLens.Numerics.Kernels;

/// <summary>The dot products of NEON: <c>SDOT</c> by element.</summary>
internal readonly struct DotLanes : IDotLanes
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAdd(Vector128<int> sums, Vector128<sbyte> columns, Vector128<sbyte> rows, [ConstantExpected(Max = (byte)3)] byte row) =>
        Dp.DotProductBySelectedQuadruplet(sums, columns, rows, row);
}
