namespace PluginLens.Host;

/// <summary>A table of one run, list by list. A run writes the rows of a list one after the other; where a table does not, it is held whole.</summary>
/// <param name="table">The table.</param>
/// <param name="layout">Its columns.</param>
internal sealed class DiffRows(StoredTable table, DiffLayout layout)
{
    /// <summary>Rows that are held at most: two runs whose lists come in other orders wait for each other.</summary>
    public const int Most = 2_000_000;

    private readonly int[] _key = Indices(table, layout.Key), _group = Indices(table, layout.Group), _values = Indices(table, layout.Values);
    private readonly int _rank = table.Columns.ToList().IndexOf("rank");

    /// <summary>The lists in order: their group and their rows.</summary>
    public IEnumerable<(string Group, List<DiffRow> Rows)> Lists() => IsContiguous() ? Streamed() : Held();

    private static int[] Indices(StoredTable table, IReadOnlyList<string> names) => [.. names.Select(name => table.Columns.ToList().IndexOf(name))];

    /// <summary>Fields as one text: what parts them does not occur in any.</summary>
    private static string Joined(string[] row, int[] columns) => string.Join('\u001F', columns.Select(column => row[column].Replace('\u001F', '\u241F')));

    private bool IsContiguous()
    {
        var (seen, last) = (new HashSet<string>(StringComparer.Ordinal), (string?)null);
        foreach (var row in table.Rows())
        {
            var group = Joined(row, _group);
            if (group != last && !seen.Add(group))
            {
                return false;
            }

            last = group;
        }

        return true;
    }

    private IEnumerable<(string Group, List<DiffRow> Rows)> Streamed()
    {
        var (rows, group) = (new List<DiffRow>(), (string?)null);
        foreach (var row in table.Rows())
        {
            var here = Joined(row, _group);
            if (here != group && group is not null)
            {
                yield return (group, Numbered(rows));
                rows = [];
            }

            group = here;
            rows.Add(Of(row, rows.Count));
            Check(rows.Count);
        }

        if (group is not null)
        {
            yield return (group, Numbered(rows));
        }
    }

    private IEnumerable<(string Group, List<DiffRow> Rows)> Held()
    {
        var lists = new Dictionary<string, List<DiffRow>>(StringComparer.Ordinal);
        var count = 0;
        foreach (var row in table.Rows())
        {
            var group = Joined(row, _group);
            if (!lists.TryGetValue(group, out var list))
            {
                lists[group] = list = [];
            }

            list.Add(Of(row, list.Count));
            Check(++count);
        }

        return lists.Select(list => (list.Key, Numbered(list.Value)));
    }

    /// <summary>Rows with equal keys are told apart by their order.</summary>
    private static List<DiffRow> Numbered(List<DiffRow> rows)
    {
        var times = new Dictionary<string, int>(StringComparer.Ordinal);
        return rows.ConvertAll(row =>
        {
            var time = times[row.Key] = times.GetValueOrDefault(row.Key) + 1;
            return time == 1 ? row : row with { Key = $"{row.Key}\u001F\u001F#{time}" };
        });
    }

    private void Check(int rows)
    {
        if (rows > Most)
        {
            throw new UsageException($"Table '{table.Name}' has more than {Most} rows in one list, or lists in no order; a comparison holds that many. Compare runs of fewer layers or heads.");
        }
    }

    private DiffRow Of(string[] row, int place) => new(
        Joined(row, _key), _rank >= 0 && long.TryParse(row[_rank], out var rank) ? rank : place + 1, Array.ConvertAll(_values, column => row[column]));
}

/// <summary>A row as it is compared.</summary>
/// <param name="Key">Its key columns; a second row of equal ones says that it is the second.</param>
/// <param name="Rank">Its rank, or else its place in the list, from 1.</param>
/// <param name="Values">The columns that are compared.</param>
internal sealed record DiffRow(string Key, long Rank, string[] Values);
