using System.Diagnostics.CodeAnalysis;
using System.Runtime.Intrinsics;

namespace PluginLens.Numerics.Kernels;

/// <summary>The one operation of <see cref="DotTile{TLanes}"/> that only some processors have; in its tests, what any of them can do instead.</summary>
internal interface IDotLanes
{
    /// <summary>Adds the products of four bytes of each of four columns and four bytes of one row.</summary>
    /// <param name="sums">The sums so far, of each column.</param>
    /// <param name="columns">Four bytes of each column.</param>
    /// <param name="rows">Four bytes of each of four rows.</param>
    /// <param name="row">Which of them.</param>
    static abstract Vector128<int> MultiplyAdd(Vector128<int> sums, Vector128<sbyte> columns, Vector128<sbyte> rows, [ConstantExpected(Max = (byte)3)] byte row);
}
