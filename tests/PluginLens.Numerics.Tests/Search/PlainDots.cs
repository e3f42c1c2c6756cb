using System.Diagnostics.CodeAnalysis;
using System.Runtime.Intrinsics;
using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Tests.Search;

/// <summary>What <see cref="DotLanes"/> does, on any processor: the tile and everything around it run everywhere.</summary>
internal readonly struct PlainDots : IDotLanes
{
    public static Vector128<int> MultiplyAdd(Vector128<int> sums, Vector128<sbyte> columns, Vector128<sbyte> rows, [ConstantExpected(Max = (byte)3)] byte row)
    {
        var (lower, upper) = Vector128.Widen(columns);
        var (chosen, _) = Vector128.Widen(Vector128.Create(rows.AsInt32()[row]).AsSByte());
        var (first, second) = Vector128.Widen(lower * chosen);
        var (third, fourth) = Vector128.Widen(upper * chosen);
        return sums + Vector128.Create(Vector128.Sum(first), Vector128.Sum(second), Vector128.Sum(third), Vector128.Sum(fourth));
    }
}
