using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PluginLens.Numerics.Search;

/// <summary>Bounds of the panels of a block, in columns, so that limits of several are computed at once.</summary>
internal sealed unsafe class PanelBounds
{
    private readonly int panels;
    private readonly double[] norms;
    private readonly double[] errors;
    private readonly double[] lengths;
    private readonly double[] inverses;
    private readonly double[] tails;

    /// <summary>Room for them.</summary>
    /// <param name="panels">How many panels.</param>
    /// <param name="steps">Parts of the depth.</param>
    public PanelBounds(int panels, int steps)
    {
        this.panels = (panels + Vector256<double>.Count - 1) / Vector256<double>.Count * Vector256<double>.Count;
        (norms, errors, lengths, inverses) = (new double[this.panels], new double[this.panels], new double[this.panels], new double[this.panels]);
        tails = new double[this.panels * (steps + 1)];
    }

    /// <summary>The bounds of one panel.</summary>
    /// <param name="panel">Its number.</param>
    public PanelBound this[int panel]
    {
        get => new(norms[panel], errors[panel], inverses[panel]);
        set => (norms[panel], errors[panel], lengths[panel], inverses[panel]) = (value.Norm, value.Error, value.Length, value.Inverse);
    }

    /// <summary>Panels, rounded up to what is computed at once.</summary>
    public int Room => panels;

    /// <summary>Norms of what follows the first steps of a row, the largest of each panel, <c>[panels]</c>.</summary>
    /// <param name="step">How many steps.</param>
    public Span<double> Tails(int step) => tails.AsSpan(step * panels, panels);

    /// <summary>
    /// Up to where the product of the integers of a left and a right row says that the pair does not reach a score:
    /// <c>x.y = s t q.r + e.y + s q.f</c>, and the two last terms are at most <c>|e||y| + |s q||f|</c>. Of the first steps alone, the others add at most the product of the tails.
    /// </summary>
    /// <param name="right">Bounds of the right panel.</param>
    /// <param name="score">The score to be reached.</param>
    /// <param name="relative">What the score itself may be off, in units of |x||y|.</param>
    /// <param name="step">How many steps are the first.</param>
    /// <param name="tail">Tail of the right panel there.</param>
    /// <param name="from">First left panel, a multiple of four.</param>
    /// <param name="end">The one after the last.</param>
    /// <param name="whole">Receives the limits of all dimensions, <c>[Room]</c>.</param>
    /// <param name="first">Receives those of the first steps, <c>[Room]</c>.</param>
    /// <returns>The least tail of the left panels, in units of the integers of both.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Limits(in PanelBound right, double score, double relative, int step, double tail, int from, int end, int* whole, int* first)
    {
        var leftTails = Tails(step);
        var least = Vector256.Create(double.PositiveInfinity);
        for (var i = from; i < end; i += Vector256<double>.Count)
        {
            var norm = Vector256.LoadUnsafe(ref norms[i]);
            var room = Vector256.Create(score) - ((Vector256.LoadUnsafe(ref errors[i]) + (norm * relative)) * right.Norm) - (Vector256.LoadUnsafe(ref lengths[i]) * right.Error);
            var ruled = Vector256.LessThan(norm * right.Norm, Vector256.Create(score));
            var units = Vector256.LoadUnsafe(ref inverses[i]) * right.Inverse;
            Limit(room * units, ruled).Store(whole + i);
            var leftTail = Vector256.LoadUnsafe(ref leftTails[i]);
            Limit((room - (leftTail * tail)) * units, ruled).Store(first + i);
            least = Vector256.MinNative(least, leftTail * units);
        }

        return Math.Min(Math.Min(least[0], least[1]), Math.Min(least[2], least[3]));
    }

    // A whole number less, for the rounding here; where norms rule the panel out, one that nothing exceeds.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Limit(Vector256<double> value, Vector256<double> ruled)
    {
        var limit = Vector256.Min(Vector256.Max(value - Vector256.Create(2.0), Vector256.Create((double)short.MinValue)), Vector256.Create((double)short.MaxValue));
        limit = Vector256.ConditionalSelect(ruled, Vector256.Create((double)short.MaxValue), limit);

        // Whole numbers that a float32 holds: the way to integers that every processor has.
        limit = Vector256.Floor(limit);
        return Vector128.ConvertToInt32Native(Vector128.Narrow(limit.GetLower(), limit.GetUpper()));
    }
}
