namespace PluginLens.Report;

/// <summary>Every text of a report once; arrays hold its number.</summary>
internal sealed class StringTable
{
    /// <summary>What stands for no text.</summary>
    public const int None = -1;

    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _texts = [];

    /// <summary>The texts by number.</summary>
    public IReadOnlyList<string> Texts => _texts;

    /// <summary>The number of a text.</summary>
    /// <param name="text">Any text, or none.</param>
    public int Of(string? text)
    {
        if (text is null)
        {
            return None;
        }

        if (!_numbers.TryGetValue(text, out var number))
        {
            number = _texts.Count;
            _numbers.Add(text, number);
            _texts.Add(text);
        }

        return number;
    }
}
