namespace PluginLens.Cli;

/// <summary>Short listings: columns aligned with spaces. On a terminal the last column is broken between words where the line would be; a pipe has each row on one line.</summary>
internal static class Columns
{
    private const string Between = "  ";

    /// <summary>Narrower than this a column of words is no longer readable; the terminal breaks the lines then.</summary>
    private const int Narrowest = 24;

    /// <summary>Letters of a line; as many as there are, in a pipe.</summary>
    public static int Width => Console.IsOutputRedirected ? int.MaxValue : Terminal.Output.Width;

    /// <summary>Prints a header and rows.</summary>
    /// <param name="header">Column names.</param>
    /// <param name="rows">Cells.</param>
    public static void Print(string[] header, IEnumerable<string[]> rows)
    {
        foreach (var line in Lines(rows.Prepend(header), Width))
        {
            Console.WriteLine(line);
        }
    }

    /// <summary>Rows as lines.</summary>
    /// <param name="rows">Cells, as many in each.</param>
    /// <param name="width">Letters of a line.</param>
    public static IEnumerable<string> Lines(IEnumerable<string[]> rows, int width)
    {
        var all = rows.Select(row => Array.ConvertAll(row, cell => cell.ReplaceLineEndings("↵"))).ToList();
        var widths = new int[all.Count == 0 ? 1 : all[0].Length];
        foreach (var row in all)
        {
            for (var column = 0; column < widths.Length; column++)
            {
                widths[column] = Math.Max(widths[column], row[column].Length);
            }
        }

        var before = widths[..^1].Sum(cells => cells + Between.Length);
        var room = width - before < Narrowest ? int.MaxValue : width - before;
        foreach (var row in all)
        {
            var start = string.Concat(row[..^1].Select((cell, column) => cell.PadRight(widths[column]) + Between));
            foreach (var part in Broken(row[^1], room))
            {
                yield return (start + part).TrimEnd();
                start = new string(' ', before);
            }
        }
    }

    /// <summary>A text in lines that end between words; a word longer than a line stays whole.</summary>
    private static IEnumerable<string> Broken(string text, int room)
    {
        while (text.Length > room)
        {
            var space = text.LastIndexOf(' ', room);
            space = space > 0 ? space : text.IndexOf(' ', room);
            if (space < 0)
            {
                break;
            }

            yield return text[..space];
            text = text[(space + 1)..];
        }

        yield return text;
    }
}
