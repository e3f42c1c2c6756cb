using System.Text;
using CsvHelper;

namespace PluginLens.Host;

/// <summary>
/// CSV for spreadsheet programs, which run a field that begins with <c>=</c>, <c>+</c>, <c>-</c> or <c>@</c> as a formula: texts that do get an apostrophe before them.
/// The CSV files of a run itself are exact and have none.
/// </summary>
public static class SpreadsheetCsv
{
    /// <summary>Copies a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="output">Receives it, as UTF-8 with the mark by which such programs know it.</param>
    public static void Write(StoredTable table, Stream output)
    {
        var kinds = table.Kinds();
        using var text = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), 1 << 16, leaveOpen: true);
        using var csv = CsvWriter.Create(text, new CsvWriterOptions { NewLine = "\n" }, leaveOpen: true);
        foreach (var column in table.Columns)
        {
            csv.WriteField(column);
        }

        csv.EndRecord();
        foreach (var row in table.Rows())
        {
            for (var column = 0; column < row.Length; column++)
            {
                csv.WriteField(kinds[column] is ColumnKind.Text or ColumnKind.Token ? Text(row[column]) : row[column]);
            }

            csv.EndRecord();
        }
    }

    /// <summary>A text that no spreadsheet runs.</summary>
    /// <param name="text">A field.</param>
    public static string Text(string text) => text.TrimStart(' ') is ['=' or '+' or '-' or '@' or '\t' or '\r' or '\n', ..] ? $"'{text}" : text;
}
