using Newtonsoft.Json.Linq;

namespace PluginLens.Host;

/// <summary>What changed from one stored run to another: overlap of lists, rank correlation, rows that moved, came or went, and how far numbers lie apart.</summary>
/// <param name="A">The first run.</param>
/// <param name="B">The second.</param>
/// <param name="Circumstances">How differently they were run, and what they say of themselves.</param>
/// <param name="Tables">Tables <c>tables</c>, <c>columns</c>, <c>lists</c>, <c>rows</c>.</param>
/// <param name="Pairs">Lists that agree least, at most twelve a table.</param>
/// <param name="Notes">Which columns tell rows apart, and what is not told.</param>
public sealed record RunDiff(
    RecordedRun A, RecordedRun B, IReadOnlyList<RunDifference> Circumstances, IReadOnlyList<TableData> Tables, IReadOnlyList<ListPair> Pairs, IReadOnlyList<string> Notes)
{
    /// <summary>Compares two runs of one analysis; their tables are read row by row.</summary>
    /// <param name="a">The first run.</param>
    /// <param name="b">The second.</param>
    /// <param name="options">What is told.</param>
    public static RunDiff Of(RecordedRun a, RecordedRun b, DiffOptions options)
    {
        var (tablesA, tablesB) = (a.Tables, b.Tables);
        var common = tablesA.Select(table => table.Name).Where(name => tablesB.Any(table => table.Name == name)).ToList();
        if (common.Count == 0)
        {
            throw new UsageException($"The runs have no table in common: {a.Plugin} in '{a.Folder}' has {List(tablesA)}, {b.Plugin} in '{b.Folder}' has {List(tablesB)}.");
        }

        if (options.Table is { } asked && !common.Contains(asked))
        {
            throw new UsageException($"--table '{asked}': both runs have {string.Join(", ", common)}.");
        }

        var sameIds = Tokenizer(a) is { } one && one == Tokenizer(b);
        var diffs = common.Where(name => options.Table is null || name == options.Table)
            .Select(name => TableDiff.Of(tablesA.First(table => table.Name == name), tablesB.First(table => table.Name == name), options, sameIds)).ToList();
        List<string> notes =
        [
            .. tablesA.Concat(tablesB).Where(table => options.Table is null && !common.Contains(table.Name)).Select(table => $"{table.Name}: one run alone has this table"),
            .. tablesA.Concat(tablesB).Where(table => !table.Complete).Select(table => $"{table.Name}: '{table.Path}' is incomplete, the run broke off").Distinct(),
            .. sameIds ? Array.Empty<string>() : ["the tokenizers differ, or are not known: tokens are the same where their texts are"],
            .. diffs.SelectMany(diff => diff.Notes),
        ];
        return new RunDiff(
            a, b, RunComparison.Circumstances(a, b),
            [
                Table("tables", 0, diffs.Select(diff => diff.Whole)), Table("columns", 1, diffs.SelectMany(diff => diff.Columns)),
                Table("lists", 1, diffs.SelectMany(diff => diff.Lists)), Table("rows", 2, diffs.SelectMany(diff => diff.Rows)),
            ],
            [.. diffs.SelectMany(diff => diff.Pairs)], notes);
    }

    private static string List(IReadOnlyList<StoredTable> tables) => tables.Count == 0 ? "none" : string.Join(", ", tables.Select(table => table.Name));

    private static string? Tokenizer(RecordedRun run) => (string?)(run.Json["model"] as JObject)?["tokenizer_sha256"];

    private static TableData Table<T>(string name, int groupBy, IEnumerable<T> rows)
        where T : class
    {
        var table = new TableData(name, RowColumns.Of(typeof(T), []), groupBy);
        foreach (var row in rows)
        {
            table.Add(row);
        }

        return table;
    }
}
