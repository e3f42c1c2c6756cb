namespace PluginLens.Host;

/// <summary>One line of a table as people see it: a row, or what is left out.</summary>
/// <param name="Row">The row; null where rows are left out.</param>
/// <param name="Omitted">What is left out here: <c>… 45 more</c>; empty beside a row.</param>
/// <param name="StartsGroup">Whether a group begins with this line (never the first).</param>
public sealed record TableLine(object? Row, string Omitted, bool StartsGroup)
{
    /// <summary>Groups shown of a table: two screens of them say what the rest is like.</summary>
    private const int MostGroups = 16;

    /// <summary>Rows of a group that is shown whole, and those that are shown of a longer one, where nobody says.</summary>
    private const int Whole = 20, Few = 5;

    /// <summary>The first rows of each of the first groups of a table, and how many more there are.</summary>
    /// <param name="table">The table.</param>
    /// <param name="rows">Rows shown of each group; 0 = all rows of all groups; null = a group of up to 20 whole, else its first 5.</param>
    public static IEnumerable<TableLine> Of(TableData table, int? rows)
    {
        // Rows that wait for the end of their group: it says whether they are shown.
        var waiting = new List<object>();
        object? previous = null;
        var (inGroup, groups, hidden) = (0, 0, 0);
        foreach (var row in table.Rows)
        {
            var starts = previous is null || !SameGroup(table, previous, row);
            if (starts)
            {
                foreach (var line in End())
                {
                    yield return line;
                }

                (inGroup, groups) = (0, groups + 1);
            }

            inGroup++;
            if (rows == 0 || (groups <= MostGroups && inGroup <= (rows ?? Few)))
            {
                yield return new TableLine(row, string.Empty, starts && previous is not null);
            }
            else if (groups > MostGroups)
            {
                hidden++;
            }
            else if (rows is null && inGroup <= Whole)
            {
                waiting.Add(row);
            }

            previous = row;
        }

        foreach (var line in End())
        {
            yield return line;
        }

        if (table.Count > table.Rows.Count)
        {
            yield return new TableLine(null, $"… and more: {table.Count} rows in all, which are in the run's folder", true);
        }
        else if (hidden > 0)
        {
            yield return new TableLine(null, $"… {groups - MostGroups} more groups, {hidden} rows; --rows 0 shows all", true);
        }

        IEnumerable<TableLine> End()
        {
            if (rows is null && inGroup <= Whole)
            {
                foreach (var row in waiting)
                {
                    yield return new TableLine(row, string.Empty, false);
                }
            }
            else if (rows != 0 && groups <= MostGroups && inGroup > (rows ?? Few))
            {
                yield return More(inGroup - (rows ?? Few));
            }

            waiting.Clear();
        }
    }

    private static TableLine More(int rows) => new(null, $"… {rows} more", false);

    private static bool SameGroup(TableData table, object left, object right)
    {
        foreach (var column in table.GroupColumns)
        {
            if (!Equals(column.Get(left), column.Get(right)))
            {
                return false;
            }
        }

        return true;
    }
}
