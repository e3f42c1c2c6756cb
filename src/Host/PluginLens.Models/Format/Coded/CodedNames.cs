namespace PluginLens.Models.Format.Coded;

/// <summary>How the initializers are called from which the graph computes a weight.</summary>
internal static class CodedNames
{
    public const string Codes = ".q";
    public const string Scale = ".scale";
    public const string Minimum = ".min";

    /// <summary>Inline constant: the canonical shape.</summary>
    /// <param name="weight">Canonical name.</param>
    public static string Shape(string weight) => $"const.{weight}.shape";

    /// <summary>Inline constant: the shape of the rows that tokens take.</summary>
    /// <param name="weight">Canonical name.</param>
    public static string RowsShape(string weight) => $"const.{weight}.rows";

    /// <summary>Inline constant: the model's multiplier.</summary>
    /// <param name="weight">Canonical name.</param>
    public static string Factor(string weight) => $"const.{weight}.factor";

    /// <summary>The tensor that holds the rows which tokens take.</summary>
    /// <param name="weight">Canonical name.</param>
    public static string Rows(string weight) => $"_rows.{weight}";
}
