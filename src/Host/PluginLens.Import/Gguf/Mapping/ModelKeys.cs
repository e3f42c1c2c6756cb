namespace PluginLens.Import.Gguf.Mapping;

/// <summary>The keys of a model, without the architecture's name before them. Numbers must be finite; a count must be the same in all layers.</summary>
/// <param name="source">The file.</param>
/// <param name="architecture">What stands before each key.</param>
internal sealed class ModelKeys(GgufSource source, string architecture)
{
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <summary>The file, for messages.</summary>
    public string File => source.FileName;

    /// <summary>Keys of the model that nobody asked for.</summary>
    public IEnumerable<string> Unread => source.Keys.All.Select(k => k.Key).Where(k => k.StartsWith($"{architecture}.", StringComparison.Ordinal) && !_asked.Contains(k));

    /// <summary>A key as it is in the file.</summary>
    public string Name(string key)
    {
        _asked.Add($"{architecture}.{key}");
        return $"{architecture}.{key}";
    }

    public GgufValue? Find(string key) => source.Keys.Find(Name(key));

    public string? Text(string key) => source.Keys.Text(Name(key));

    public bool? Flag(string key) => source.Keys.Flag(Name(key));

    /// <summary>A count above 0 that must be there.</summary>
    public int Count(string key) => CountOrNull(key) switch
    {
        null => throw Missing(key),
        > 0 and var count => count,
        var count => throw new ModelException($"'{File}' says {Name(key)} {count}; expected a number above 0."),
    };

    /// <summary>A count, or null where the key is absent. It may be given for each layer, but then all must be alike.</summary>
    public int? CountOrNull(string key) => source.Keys.Counts(Name(key))?.Distinct().ToArray() switch
    {
        null => null,
        [var one] => one,
        [] => throw new ModelException($"'{File}' has an empty list as {Name(key)}; it is damaged."),
        var several => throw new ModelException($"'{File}' has layers of different {Name(key)} ({several[0]}, {several[1]}, ...); models whose layers are alike are read."),
    };

    /// <summary>A number, or null where the key is absent.</summary>
    public double? Number(string key) => source.Keys.Number(Name(key));

    /// <summary>A number above 0, or null where the key is absent.</summary>
    public double? Positive(string key) => Number(key) switch
    {
        null => null,
        > 0 and < double.PositiveInfinity and var number => number,
        var number => throw new ModelException($"'{File}' says {Name(key)} {number}; expected a number above 0."),
    };

    public ModelException Missing(string key) => new($"'{File}' lacks the key {Name(key)}; it is damaged, or not a whole model.");
}
