namespace PluginLens.Import.Source;

/// <summary>
/// Undoes the rounding of formula constants in half-precision graphs. A converter that narrows a graph narrows 0.044715 and the square root
/// of d_head along with the weights; widened again they would make another function of the same weights.
/// </summary>
internal static class RoundedConstants
{
    private static readonly int[] HeadWidths = [2, 4, 8, 16, 24, 32, 40, 48, 64, 72, 80, 96, 112, 120, 128, 144, 160, 192, 224, 240, 256];

    private static readonly float[] Known =
    [
        0.044715f, (float)Math.Sqrt(2 / Math.PI), (float)(0.044715 * Math.Sqrt(2 / Math.PI)), (float)Math.Sqrt(2), (float)Math.Sqrt(0.5), 1.702f,
        1e-5f, 1e-6f, 1e-7f, 1e-12f,
        .. HeadWidths.SelectMany(w => new[] { 0.5, -0.5, 0.25, -0.25 }.Select(power => (float)Math.Pow(w, power))),
    ];

    /// <summary>The number that a widened scalar was rounded from where it is a known one, else the scalar.</summary>
    /// <param name="widened">A half-precision number, widened.</param>
    /// <param name="round">Rounds to that precision and widens again.</param>
    public static float Restore(float widened, Func<float, float> round) => widened == 0 ? 0 : Known.FirstOrDefault(k => round(k) == widened, widened);
}
