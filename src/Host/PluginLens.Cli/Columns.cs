namespace PluginLens.Cli;

/// <summary>Short listings: columns aligned with spaces, nothing else; the same on a terminal and in a pipe.</summary>
internal static class Columns
{
    /// <summary>Prints a header and rows.</summary>
    /// <param name="header">Column names.</param>
    /// <param name="rows">Cells.</param>
    public static void Print(string[] header, IEnumerable<string[]> rows)
    {
        var all = rows.Prepend(header).Select(row => Array.ConvertAll(row, cell => cell.ReplaceLineEndings("↵"))).ToList();
        var widths = new int[header.Length];
        foreach (var row in all)
        {
            for (var column = 0; column < widths.Length; column++)
            {
                widths[column] = Math.Max(widths[column], row[column].Length);
            }
        }

        foreach (var row in all)
        {
            Console.WriteLine(string.Join("  ", row.Select((cell, column) => column == row.Length - 1 ? cell : cell.PadRight(widths[column]))).TrimEnd());
        }
    }
}
