namespace PluginLens.Host;

/// <summary>One line of a table as people see it: a row, or what is left out.</summary>
/// <param name="Row">The row; null where rows are left out.</param>
/// <param name="Omitted">What is left out here: <c>… 45 more</c>; empty beside a row.</param>
/// <param name="StartsGroup">Whether a group begins with this line (never the first).</param>
public readonly record struct TableLine(object? Row, string Omitted, bool StartsGroup)
{
    /// <summary>Groups shown of a table: two screens of them say what the rest is like.</summary>
    private const int MostGroups = 16;

    /// <summary>The first rows of each of the first groups of a table, and how many more there are.</summary>
    /// <param name="table">The table.</param>
    /// <param name="rows">Rows shown of each group; 0 = all rows of all groups.</param>
    public static IEnumerable<TableLine> Of(TableData table, int rows)
    {
        object? previous = null;
        var (inGroup, groups, hidden) = (0, 0, 0);
        foreach (var row in table.Rows)
        {
            var starts = previous is null || !SameGroup(table, previous, row);
            if (starts && rows > 0 && inGroup > rows && groups <= MostGroups)
            {
                yield return More(inGroup - rows);
            }

            (inGroup, groups) = starts ? (1, groups + 1) : (inGroup + 1, groups);
            if (rows == 0 || (inGroup <= rows && groups <= MostGroups))
            {
                yield return new TableLine(row, string.Empty, starts && previous is not null);
            }
            else if (groups > MostGroups)
            {
                hidden++;
            }

            previous = row;
        }

        if (hidden > 0)
        {
            yield return new TableLine(null, $"… {groups - MostGroups} more groups, {hidden} rows; --rows 0 shows all", true);
        }
        else if (rows > 0 && inGroup > rows)
        {
            yield return More(inGroup - rows);
        }
    }

    private static TableLine More(int rows) => new(null, $"… {rows} more", false);

    private static bool SameGroup(TableData table, object left, object right)
    {
        for (var column = 0; column < table.GroupBy; column++)
        {
            if (!Equals(table.Columns[column].Get(left), table.Columns[column].Get(right)))
            {
                return false;
            }
        }

        return true;
    }
}
