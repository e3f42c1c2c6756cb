namespace PluginLens.Numerics.Search;

/// <summary>Bounds of a panel of <see cref="BytePanels"/>: rows <c>x = s q + e</c>.</summary>
/// <param name="Norm">Of |x|.</param>
/// <param name="Error">Of |e|.</param>
/// <param name="Length">Of |s q|.</param>
/// <param name="Inverse">1 / s.</param>
internal readonly record struct PanelBound(double Norm, double Error, double Length, double Inverse)
{
    /// <summary>
    /// No pair of a left and a right row whose integers' product is at most this reaches a score:
    /// <c>x.y = s t q.r + e.y + s q.f</c>, and the two last terms are at most <c>|e||y| + |s q||f|</c>.
    /// </summary>
    /// <param name="left">Panel on the left.</param>
    /// <param name="right">Panel on the right.</param>
    /// <param name="score">The score to be reached.</param>
    /// <param name="relative">What the score itself may be off, in units of |x||y|.</param>
    public static int Limit(in PanelBound left, in PanelBound right, double score, double relative)
    {
        const double Outside = 1 << 20;
        var least = (score - ((left.Error + (relative * left.Norm)) * right.Norm) - (left.Length * right.Error)) * left.Inverse * right.Inverse;
        return (int)Math.Floor(Math.Clamp(least, -Outside, Outside)) - 1;
    }
}
