using PluginLens.Host;
using SpreadCheetah;
using SpreadCheetah.Styling;
using SpreadCheetah.Worksheets;

namespace PluginLens.Pictures;

/// <summary>A stored run as an xlsx file: a sheet for each table, and one that says what ran and what a sheet could not hold. Tables are read twice, row by row.</summary>
public static class RunSpreadsheet
{
    private const int MostColumns = 16_384, MostRows = 1_048_576;

    /// <summary>Writes the file.</summary>
    /// <param name="run">The run.</param>
    /// <param name="output">Receives it.</param>
    public static void Write(RecordedRun run, Stream output) => Write(run, output, MostRows);

    /// <summary>Writes the file.</summary>
    /// <param name="run">The run.</param>
    /// <param name="output">Receives it.</param>
    /// <param name="mostRows">Rows that a sheet may have, its header included.</param>
    internal static void Write(RecordedRun run, Stream output, int mostRows)
    {
        var figures = run.FigureNames.Select(name => FigureColors.Of(StoredFigure.Read(Path.Combine(run.Folder, "figures", $"{name}.json")))).OfType<FigureColors>().ToList();
        var names = new SheetNames();
        var about = new List<string[]> { (string[])["run", run.Folder] };
        about.AddRange(run.Summary.Select(line => (string[])[string.Empty, line]));

        // The library's methods wait for nothing but the stream.
        using var sheet = Now(Spreadsheet.CreateNewAsync(output, new SpreadCheetahOptions { PreserveStringWhitespace = true }));
        var bold = sheet.AddStyle(new Style { Font = { Bold = true } });
        foreach (var table in run.Tables)
        {
            WriteTable(sheet, table, figures, bold, names, about, mostRows);
        }

        Now(sheet.StartWorksheetAsync(names.Take("about"), About()));
        foreach (var line in about)
        {
            Now(sheet.AddRowAsync((StyledCell[])[new StyledCell(CellText.Of(line[0]), bold), new StyledCell(CellText.Of(line[1]), null)]));
        }

        Now(sheet.FinishAsync());
    }

    private static void WriteTable(Spreadsheet sheet, StoredTable table, List<FigureColors> figures, StyleId bold, SheetNames names, List<string[]> about, int mostRows)
    {
        if (table.Columns.Count > MostColumns)
        {
            throw new UsageException($"Table '{table.Name}' has {table.Columns.Count} columns; a sheet holds {MostColumns}. Its CSV file has them all.");
        }

        var looks = Looks(table, figures, out var rows);
        var sheets = Math.Max(1, (int)((rows + mostRows - 2) / (mostRows - 1)));
        using var fields = table.Rows().GetEnumerator();
        for (var part = 1; part <= sheets; part++)
        {
            var here = (int)Math.Min(mostRows - 1, rows - ((long)(part - 1) * (mostRows - 1)));
            var name = names.Take(table.Name, sheets > 1 ? part : 0);
            Now(sheet.StartWorksheetAsync(name, Options(looks, here)));
            Now(sheet.AddRowAsync((StyledCell[])[.. table.Columns.Select(column => new StyledCell(CellText.Of(column), bold))]));
            var cells = new StyledCell[looks.Length];
            for (var row = 0; row < here && fields.MoveNext(); row++)
            {
                for (var column = 0; column < cells.Length; column++)
                {
                    cells[column] = looks[column].Cell(fields.Current[column], sheet);
                }

                Now(sheet.AddRowAsync(cells));
            }

            about.Add([name, $"table {table.Name}: {here} rows{(sheets > 1 ? $", part {part} of {sheets} (a sheet holds {mostRows - 1} rows; together {rows})" : string.Empty)}{(table.Complete ? string.Empty : ", incomplete: the run broke off")}"]);
        }

        if (looks.Sum(look => look.Cut) is > 0 and var cut)
        {
            about.Add([string.Empty, $"table {table.Name}: {cut} texts are longer than the {CellText.Most} characters of a cell and end with …; the CSV file has them whole"]);
        }
    }

    private static ColumnLook[] Looks(StoredTable table, List<FigureColors> figures, out long rows)
    {
        ColumnLook[] looks = [.. table.Columns.Zip(table.Kinds(), (name, kind) => new ColumnLook(name, kind, figures))];
        rows = 0;
        foreach (var row in table.Rows())
        {
            rows++;
            for (var column = 0; column < looks.Length; column++)
            {
                looks[column].Meet(row[column]);
            }
        }

        foreach (var look in looks)
        {
            look.Settle();
        }

        return looks;
    }

    private static WorksheetOptions Options(ColumnLook[] looks, int rows)
    {
        var options = new WorksheetOptions { FrozenRows = 1 };
        for (var column = 0; column < looks.Length; column++)
        {
            options.Column(column + 1).Width = looks[column].Width;
        }

        if (looks.Length > 0)
        {
            options.AutoFilter = new AutoFilterOptions($"A1:{Letters(looks.Length)}{rows + 1}");
        }

        return options;
    }

    private static WorksheetOptions About()
    {
        var options = new WorksheetOptions();
        options.Column(1).Width = 32;
        options.Column(2).Width = 120;
        return options;
    }

    /// <summary>A, B, ... Z, AA, ...</summary>
    private static string Letters(int column) => column <= 26 ? $"{(char)('A' + column - 1)}" : $"{Letters((column - 1) / 26)}{(char)('A' + ((column - 1) % 26))}";

    private static T Now<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();

    private static void Now(ValueTask task)
    {
        if (!task.IsCompletedSuccessfully)
        {
            task.AsTask().GetAwaiter().GetResult();
        }
    }
}
