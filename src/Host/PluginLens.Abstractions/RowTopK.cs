namespace PluginLens;

/// <summary>The best columns of each row of a product, best first.</summary>
/// <param name="Rows">Number of rows.</param>
/// <param name="K">Entries per row.</param>
/// <param name="Ids">Column indices, <c>[Rows * K]</c>.</param>
/// <param name="Scores">Their values, computed in float64, <c>[Rows * K]</c>.</param>
public sealed record RowTopK(int Rows, int K, int[] Ids, double[] Scores)
{
    /// <summary>Column indices of one row, best first, <c>[K]</c>.</summary>
    /// <param name="row">Row.</param>
    public ReadOnlySpan<int> IdsOf(int row) => Ids.AsSpan(row * K, K);

    /// <summary>Values of one row, best first, <c>[K]</c>.</summary>
    /// <param name="row">Row.</param>
    public ReadOnlySpan<double> ScoresOf(int row) => Scores.AsSpan(row * K, K);
}
