namespace PluginLens.Tokenizers;

/// <summary>Two neighbours that become one token.</summary>
/// <param name="Left">The first.</param>
/// <param name="Right">The second.</param>
internal readonly record struct Merge(string Left, string Right)
{
    /// <summary>Reads a line <c>left right</c>.</summary>
    /// <param name="line">The line.</param>
    /// <param name="index">Its place among the merges, from 0; for the message.</param>
    public static Merge Parse(string line, int index)
    {
        var space = line.IndexOf(' ');
        return space > 0 && space < line.Length - 1 && line.IndexOf(' ', space + 1) < 0
            ? new(line[..space], line[(space + 1)..])
            : throw new InvalidDataException($"Merge {index + 1} is not two tokens: '{PieceTable.Shown(line)}'.");
    }
}
