namespace PluginLens.Numerics.Search;

/// <summary>
/// How far a float32 sum may be from the exact dot product: <c>|fl(a.b) - a.b| &lt;= ((1 + u)^n - 1) |a||b|</c> with
/// <c>u = 2^-24</c>, for any order of summation; plus what underflow can lose.
/// </summary>
internal static class ErrorBound
{
    private const double UnitRoundoff = 1.0 / (1 << 24);

    /// <summary>The factor of |a||b|, with room for the rounding of norms and of the float64 score itself.</summary>
    /// <param name="terms">Number of terms of the sum.</param>
    public static double Relative(int terms) => (Math.Exp((terms + 2.0) * UnitRoundoff) - 1) * 1.001;

    /// <summary>What underflow of the terms, and of factors scaled down, can add.</summary>
    /// <param name="terms">Number of terms of the sum.</param>
    /// <param name="normA">Largest norm on the left, as scaled.</param>
    /// <param name="normB">Largest norm on the right, as scaled.</param>
    public static double Underflow(int terms, double normA, double normB) =>
        (terms + 4) * Math.ScaleB(1, -148) * (1 + normA + normB);

    /// <summary>The power of two that keeps products far from overflow; 1 unless numbers are huge, never more than 1.</summary>
    /// <param name="norm">Largest norm of one factor.</param>
    public static int DownExponent(double norm) => norm > 0 ? Math.Max(0, Math.ILogB(norm) - 50) : 0;

    /// <summary>The largest float that is surely not above a value.</summary>
    /// <param name="value">Any.</param>
    public static float Down(double value) => MathF.BitDecrement((float)value);
}
