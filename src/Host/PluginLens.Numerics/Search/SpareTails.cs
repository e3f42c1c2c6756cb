using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Search;

/// <summary>
/// By how much the tail of each column, the norm of what follows its first steps, is less than that of the worst of its panel. With tails <c>u</c> of a left row and <c>v</c> of a column,
/// <c>uv = uV - u(V - v)</c>: the limit of a tile counts with V, and <c>u(V - v)</c>, for the least u there is, is taken off the column's sums.
/// </summary>
/// <param name="panels">How many panels.</param>
/// <param name="width">Columns of a panel.</param>
/// <param name="steps">Parts of the depth.</param>
internal sealed unsafe class SpareTails(int panels, int width, int steps) : IDisposable
{
    private readonly NativeBuffer<float> spares = new((long)panels * width * (steps + 1));

    /// <summary>Those of a panel, <c>[width]</c>.</summary>
    /// <param name="panel">Its number.</param>
    /// <param name="step">How many steps.</param>
    public float* Of(int panel, int step) => spares.Pointer + ((((nint)panel * (steps + 1)) + step) * width);

    /// <summary>Sets them, rounded down.</summary>
    /// <param name="panel">Its number.</param>
    /// <param name="step">How many steps.</param>
    /// <param name="worst">The largest tail.</param>
    /// <param name="tails">All of them, at most as many as a panel has columns.</param>
    public void Set(int panel, int step, double worst, ReadOnlySpan<double> tails)
    {
        var spare = new Span<float>(Of(panel, step), width);
        spare.Clear();
        for (var i = 0; i < tails.Length; i++)
        {
            spare[i] = Math.Max(0, ErrorBound.Down(worst - tails[i]));
        }
    }

    /// <summary>Takes them off the sums that columns start from, in whole numbers, rounded down.</summary>
    /// <param name="panel">Its number.</param>
    /// <param name="step">How many steps.</param>
    /// <param name="least">The least tail on the left, in units of the integers of both.</param>
    /// <param name="source">What the sums start from, <c>[width]</c>.</param>
    /// <param name="start">Receives what is left of it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Take(int panel, int step, double least, short* source, short* start)
    {
        var spare = Of(panel, step);
        var (unit, most) = (Vector256.Create((float)(least * (1 - 1e-6))), Vector256.Create((float)ScreenKernel.LargestNorm * ScreenKernel.LargestNorm));
        for (var column = 0; column < width; column += Vector128<short>.Count)
        {
            var less = Vector256.ConvertToInt32Native(Vector256.MinNative(Vector256.Load(spare + column) * unit, most));
            Vector128.Store(Vector128.Load(source + column) - Vector128.Narrow(less.GetLower(), less.GetUpper()), start + column);
        }
    }

    public void Dispose() => spares.Dispose();
}
