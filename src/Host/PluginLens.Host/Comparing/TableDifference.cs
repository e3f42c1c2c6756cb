namespace PluginLens.Host;

/// <summary>How far two runs agree in one table.</summary>
/// <param name="Table">Its name.</param>
/// <param name="RowsA">Rows in the first run.</param>
/// <param name="RowsB">Rows in the second.</param>
/// <param name="Common">Rows of both, by key.</param>
/// <param name="Gone">Rows of the first alone.</param>
/// <param name="New">Rows of the second alone.</param>
/// <param name="Moved">Common rows with another rank.</param>
/// <param name="Lists">Groups of rows in either.</param>
/// <param name="CommonLists">Those that both have: the means are of these.</param>
/// <param name="Jaccard">Common rows over all rows of a list, mean.</param>
/// <param name="TopShared">Share of the top rows of a list that both have at the top, mean.</param>
/// <param name="Spearman">Rank correlation over the common rows of a list, mean of the lists that have one.</param>
public sealed record TableDifference(
    string Table, long RowsA, long RowsB, long Common, long Gone, long New, long Moved, long Lists, long CommonLists, double? Jaccard, double? TopShared, double? Spearman);

/// <summary>How far two runs agree in one column that is no key.</summary>
/// <param name="Table">Name of the table.</param>
/// <param name="Column">Name of the column.</param>
/// <param name="Compared">Common rows with a value in both.</param>
/// <param name="Changed">Common rows with another value.</param>
/// <param name="Mean">Mean size of the difference; null where the column has no numbers.</param>
/// <param name="Largest">Largest size of a difference.</param>
/// <param name="Where">The row that has it.</param>
/// <param name="A">Its value in the first run.</param>
/// <param name="B">Its value in the second.</param>
public sealed record ColumnDifference(string Table, string Column, long Compared, long Changed, double? Mean, double? Largest, string Where, string A, string B);

/// <summary>How far two runs agree in one list.</summary>
/// <param name="Table">Name of the table.</param>
/// <param name="List">Its group; empty where the whole table is one list.</param>
/// <param name="RowsA">Rows in the first run.</param>
/// <param name="RowsB">Rows in the second.</param>
/// <param name="Common">Rows of both.</param>
/// <param name="Jaccard">Common rows over all rows.</param>
/// <param name="TopShared">Share of the top rows that both have at the top.</param>
/// <param name="Spearman">Rank correlation over the common rows; null below three of them, or where all are equal.</param>
public sealed record ListDifference(string Table, string List, int RowsA, int RowsB, int Common, double Jaccard, double TopShared, double? Spearman);

/// <summary>One row that changed.</summary>
/// <param name="Table">Name of the table.</param>
/// <param name="Change">Whether it is gone, new, has another rank, or other numbers.</param>
/// <param name="List">Its group.</param>
/// <param name="Row">Its key.</param>
/// <param name="RankA">Its rank, or else its place in the list, in the first run; null where it is not there.</param>
/// <param name="RankB">The same in the second.</param>
/// <param name="Column">The number that is shown.</param>
/// <param name="A">Its value in the first run.</param>
/// <param name="B">Its value in the second.</param>
public sealed record RowDifference(string Table, RowChange Change, string List, string Row, long? RankA, long? RankB, string Column, double? A, double? B);

/// <summary>What happened to a row.</summary>
public enum RowChange
{
    /// <summary>The first run alone has it.</summary>
    Gone,

    /// <summary>The second run alone has it.</summary>
    New,

    /// <summary>Its rank is another.</summary>
    Moved,

    /// <summary>Its rank is the same, a number is another.</summary>
    Changed,
}
