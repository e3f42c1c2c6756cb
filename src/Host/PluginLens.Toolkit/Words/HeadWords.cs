namespace PluginLens.Toolkit;

/// <summary>Lists of words for each head and column (a position, or a word that was asked for), gathered as the token grid that shows the first word of each.</summary>
/// <param name="heads">Query heads.</param>
/// <param name="columns">What a head has lists of, in order.</param>
public sealed class HeadWords(IReadOnlyList<int> heads, IReadOnlyList<string> columns)
{
    private readonly List<string> _labels = [];
    private readonly List<TokenCell[]> _cells = [];

    /// <summary>Takes the lists of a layer.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="lists">The lists of every column of the first head, then of the next (<see cref="HeadPatterns.Stacked"/>).</param>
    /// <param name="cell">How a list is shown.</param>
    /// <returns>Each list with its head and its column, from 0.</returns>
    public IReadOnlyList<(int Head, int Column, TokenList List)> Add(int layer, TokenList[] lists, Func<TokenList, TokenCell> cell)
    {
        var rows = lists.Chunk(columns.Count).ToList();
        _labels.AddRange(heads.Select(head => $"{layer}.{head}"));
        _cells.AddRange(rows.Select(row => Array.ConvertAll(row, list => cell(list))));
        return [.. heads.Zip(rows, (head, row) => row.Index().Select(entry => (head, entry.Index, entry.Item))).SelectMany(row => row)];
    }

    /// <summary>All that was taken, a row for each head.</summary>
    /// <param name="title">What it shows.</param>
    /// <param name="columnName">What a column is.</param>
    public TokenGrid Figure(string title, string columnName) => new(title, columnName, "layer.head", columns, _labels, [.. _cells]);
}
