namespace PluginLens.Numerics.Search;

/// <summary>Bounds of a panel of <see cref="BytePanels"/>: rows <c>x = s q + e</c>.</summary>
/// <param name="Norm">Of |x|.</param>
/// <param name="Error">Of |e|.</param>
/// <param name="Inverse">1 / s.</param>
internal readonly record struct PanelBound(double Norm, double Error, double Inverse)
{
    /// <summary>Of |s q|.</summary>
    public double Length => Norm + Error;
}
