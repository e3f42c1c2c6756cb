namespace PluginLens.Host;

/// <summary>One line of a table as people see it: a row, or how many rows of a group are left out.</summary>
/// <param name="Row">The row; null where rows are left out.</param>
/// <param name="Hidden">How many rows are left out here.</param>
/// <param name="StartsGroup">Whether a group begins with this row (never the first).</param>
public readonly record struct TableLine(object? Row, int Hidden, bool StartsGroup)
{
    /// <summary>The first rows of each group of a table, and how many more each has.</summary>
    /// <param name="table">The table.</param>
    /// <param name="rows">Rows shown of each group; 0 = all.</param>
    public static IEnumerable<TableLine> Of(TableData table, int rows)
    {
        object? previous = null;
        var inGroup = 0;
        foreach (var row in table.Rows)
        {
            var starts = previous is null || !SameGroup(table, previous, row);
            if (starts && rows > 0 && inGroup > rows)
            {
                yield return new TableLine(null, inGroup - rows, false);
            }

            inGroup = starts ? 1 : inGroup + 1;
            if (rows == 0 || inGroup <= rows)
            {
                yield return new TableLine(row, 0, starts && previous is not null);
            }

            previous = row;
        }

        if (rows > 0 && inGroup > rows)
        {
            yield return new TableLine(null, inGroup - rows, false);
        }
    }

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
