namespace PluginLens.Host;

/// <summary>A list of both runs, to be shown side by side.</summary>
/// <param name="Table">Name of the table.</param>
/// <param name="List">Its group.</param>
/// <param name="A">Its rows in the first run.</param>
/// <param name="B">Its rows in the second.</param>
public sealed record ListPair(string Table, string List, IReadOnlyList<PairedRow> A, IReadOnlyList<PairedRow> B);

/// <summary>A row of one run.</summary>
/// <param name="Rank">Its rank or place.</param>
/// <param name="Row">Its key.</param>
/// <param name="Score">The first number of the row.</param>
/// <param name="Change">What is different in the other run; null = nothing.</param>
public sealed record PairedRow(long Rank, string Row, double? Score, RowChange? Change);
