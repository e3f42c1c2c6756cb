namespace PluginLens.Pictures;

/// <summary>Names of the colours of a plot, at its right, in as many columns as they need.</summary>
/// <param name="entries">Names and colours; the first sixty are shown.</param>
internal sealed class Legend(IReadOnlyList<(string Name, Rgb Color)> entries)
{
    private const int Most = 60;
    private const double Mark = 12, Gap = 16, MostWidth = 150;
    private readonly List<(string Name, Rgb? Color)> _shown =
        [.. entries.Take(Most).Select(entry => (Label.Of(entry.Name), (Rgb?)entry.Color)), .. entries.Count > Most ? [($"… {entries.Count - Most} more", (Rgb?)null)] : Array.Empty<(string, Rgb?)>()];

    /// <summary>Room that it takes to the right of a plot.</summary>
    /// <param name="height">Height of the plot.</param>
    public double Width(double height) => _shown.Chunk(Lines(height)).Sum(ColumnWidth);

    /// <summary>Draws it.</summary>
    /// <param name="sheet">Receives it.</param>
    /// <param name="x">Right edge of the plot.</param>
    /// <param name="y">Upper edge of the plot.</param>
    /// <param name="height">Height of the plot.</param>
    public void Draw(Sheet sheet, double x, double y, double height)
    {
        foreach (var column in _shown.Chunk(Lines(height)))
        {
            foreach (var (line, (name, color)) in column.Index())
            {
                if (color is { } fill)
                {
                    sheet.Add(new Box(x + Gap, y + (Sheet.Line * line) + 1, Mark, Mark - 2, fill));
                }

                sheet.Write(x + Gap + Mark + 5, y + (Sheet.Line * line) + 10, name, width: MostWidth);
            }

            x += ColumnWidth(column);
        }
    }

    private static int Lines(double height) => Math.Max(1, (int)(height / Sheet.Line));

    private static double ColumnWidth((string Name, Rgb? Color)[] column) => Gap + Mark + 5 + column.Max(entry => Math.Min(MostWidth, Label.Width(entry.Name, Sheet.Small)));
}
