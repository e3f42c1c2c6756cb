namespace PluginLens.Numerics.Maps;

/// <summary>Student's t, by which t-SNE judges closeness in the map: <c>q ∝ closeness^((a+1)/2)</c>, <c>closeness = 1 / (1 + distance²/a)</c>.</summary>
internal static class StudentT
{
    /// <summary><c>closeness^((a+1)/2)</c>.</summary>
    /// <param name="closeness">Above 0, at most 1.</param>
    /// <param name="freedom">a, degrees of freedom.</param>
    public static double Power(double closeness, int freedom) => freedom switch
    {
        1 => closeness,
        2 => closeness * Math.Sqrt(closeness),
        _ => Math.Pow(closeness, (freedom + 1) / 2.0),
    };
}
