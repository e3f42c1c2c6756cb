using PluginLens.Host;

namespace PluginLens.Report;

/// <summary>A table of a stored run as arrays, one a column.</summary>
internal static class TableSection
{
    /// <summary>Writes its data into the page, and says what they are.</summary>
    /// <param name="table">The table.</param>
    /// <param name="page">Receives the data.</param>
    /// <param name="strings">Receives the texts.</param>
    /// <param name="budget">How many rows it may have.</param>
    public static Dictionary<string, object?> Write(StoredTable table, PageData page, StringTable strings, CellBudget budget)
    {
        ColumnShape[] shapes = [.. table.Columns.Zip(table.Kinds(), (name, kind) => new ColumnShape(name, kind))];
        var rows = 0L;
        foreach (var fields in table.Rows())
        {
            for (var at = 0; at < shapes.Length; at++)
            {
                shapes[at].Add(fields[at]);
            }

            rows++;
        }

        var shown = budget.Take(rows, shapes.Length);
        var columns = Array.ConvertAll(shapes, shape => new ColumnData(shape, shown, strings));
        foreach (var (row, fields) in table.Rows().Take(shown).Index())
        {
            for (var at = 0; at < columns.Length; at++)
            {
                columns[at].Set(row, fields[at]);
            }
        }

        var arrays = Array.ConvertAll(columns, column => column.Values);
        return new()
        {
            ["name"] = table.Name,
            ["complete"] = table.Complete,
            ["file"] = Path.GetFileName(table.Path),
            ["rows"] = rows,
            ["shown"] = shown,
            ["columns"] = shapes.Select(shape => new { name = shape.Name, kind = shape.Kind }),
            ["arrays"] = arrays.Select(BlobWriter.Described),
            ["blob"] = page.Write(BlobWriter.Arrays(arrays)),
        };
    }
}
