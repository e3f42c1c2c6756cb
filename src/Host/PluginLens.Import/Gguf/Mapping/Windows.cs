namespace PluginLens.Import.Gguf.Mapping;

/// <summary>How far back each layer sees.</summary>
/// <param name="kind">The architecture.</param>
/// <param name="keys">The model's keys.</param>
internal sealed class Windows(Architecture kind, ModelKeys keys)
{
    private const string Pattern = "attention.sliding_window_pattern";

    /// <summary>For each layer the number of keys that a query sees, or null where it sees all.</summary>
    /// <param name="layers">Number of layers.</param>
    /// <param name="assumed">Receives what the file does not say.</param>
    public int?[] Of(int layers, List<string> assumed)
    {
        if (keys.CountOrNull("attention.sliding_window") is not { } width)
        {
            if (kind.LosesWindowOf is { } model)
            {
                assumed.Add($"attention sees the whole context: files of this kind do not say {model}'s window");
            }

            if (kind.UsualWindow > 0)
            {
                assumed.Add($"{keys.Name("attention.sliding_window")} is {kind.UsualWindow}: the file does not say it");
            }

            width = kind.UsualWindow;
        }

        var slides = Slides(layers, width > 0 ? assumed : []);
        return [.. slides.Select(s => s && width > 0 ? width : (int?)null)];
    }

    private bool[] Slides(int layers, List<string> assumed)
    {
        if (keys.Find(Pattern) is { Type: GgufValueType.Bool, Count: { } count } stated)
        {
            return count == layers ? [.. stated.Entries().Cast<bool>()] : throw new ModelException($"'{keys.File}' has {count} entries in " +
                $"{keys.Name(Pattern)} for {layers} layers; it is damaged.");
        }

        var period = keys.CountOrNull(Pattern) ?? kind.WindowPeriod;
        if (period > 1 && keys.Find(Pattern) is null)
        {
            assumed.Add($"every {(period == 2 ? "second" : $"{period}th")} layer sees the whole context, the others the window: the file does not say which");
        }

        return [.. Enumerable.Range(1, layers).Select(layer => period <= 1 || layer % period != 0)];
    }
}
