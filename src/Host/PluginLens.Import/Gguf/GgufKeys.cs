using System.Globalization;

namespace PluginLens.Import.Gguf;

/// <summary>The keys of a file. Integers of any width are taken for counts: writers differ in it.</summary>
internal sealed class GgufKeys
{
    private const long DefaultAlignment = 32;
    private readonly IReadOnlyDictionary<string, GgufValue> _values;
    private readonly string _file;

    /// <summary>Keys by name, in the order of the file.</summary>
    /// <param name="file">The file's name, for messages.</param>
    /// <param name="values">What it holds.</param>
    public GgufKeys(string file, IReadOnlyDictionary<string, GgufValue> values) => (_file, _values) = (file, values);

    /// <summary>All, in the order of the file.</summary>
    public IEnumerable<KeyValuePair<string, GgufValue>> All => _values;

    public bool Has(string key) => _values.ContainsKey(key);

    public GgufValue? Find(string key) => _values.GetValueOrDefault(key);

    /// <summary>A text, or null where the key is absent.</summary>
    public string? Text(string key) => Single<string>(key, "a string");

    public bool? Flag(string key) => Single<bool>(key, "a bool", out var value) ? value : null;

    /// <summary>A number of any type, or null.</summary>
    public double? Number(string key)
    {
        if (Find(key) is not { } value)
        {
            return null;
        }

        return value.Count is null && value.Type is not (GgufValueType.String or GgufValueType.Bool)
            ? Convert.ToDouble(value.Entries().Single(), CultureInfo.InvariantCulture)
            : throw Wrong(key, "a number");
    }

    /// <summary>A count: an integer of any width from 0 to 2^31 - 1, or null.</summary>
    public int? Count(string key) => Find(key) is { } value ? value.Count is null ? AsCount(key, value.Entries().Single()) : throw Wrong(key, "an integer") : null;

    /// <summary>A count for all layers, or one for each; null where the key is absent.</summary>
    public IReadOnlyList<int>? Counts(string key) => Find(key) is { } value ? [.. value.Entries().Select(e => AsCount(key, e))] : null;

    /// <summary>The texts of an array; null where the key is absent.</summary>
    /// <exception cref="ModelException">They are not texts.</exception>
    public string[]? Texts(string key) => Array<string>(key, GgufValueType.String, "strings") is not { } texts ? null
        : System.Array.FindIndex(texts, t => t.Contains('\uFFFD', StringComparison.Ordinal)) is >= 0 and var odd && Find(key)!.IsBroken(odd)
            ? throw new ModelException($"'{_file}' has bytes that are not UTF-8 in entry {odd} of {key}; it is damaged.")
            : texts;

    public float[]? Floats(string key) => Array<float>(key, GgufValueType.Float32, "float32");

    /// <summary>Small integers of an array; null where the key is absent.</summary>
    public int[]? Integers(string key) => Find(key) is { } value
        ? value.Count is not null && value.Type is not (GgufValueType.String or GgufValueType.Bool or GgufValueType.Float32 or GgufValueType.Float64)
            ? [.. value.Entries().Select(e => AsCount(key, e))]
            : throw Wrong(key, "an array of integers")
        : null;

    /// <summary>The multiple at which tensors begin.</summary>
    public long Alignment()
    {
        const string Key = "general.alignment";
        if (Find(Key) is not { } value)
        {
            return DefaultAlignment;
        }

        if (value is not { Type: GgufValueType.UInt32, Count: null })
        {
            throw Wrong(Key, "a uint32");
        }

        var alignment = (long)value.Entries().Single();
        return long.IsPow2(alignment) ? alignment : throw new ModelException($"'{_file}' has {Key} {alignment}; expected a power of two. It is damaged.");
    }

    private int AsCount(string key, object entry) => entry switch
    {
        long number when number is >= 0 and <= int.MaxValue => (int)number,
        long or ulong => throw new ModelException($"'{_file}' has {entry} as {key}; expected 0 to {int.MaxValue}."),
        _ => throw Wrong(key, "an integer"),
    };

    private T? Single<T>(string key, string expected)
        where T : class => Single<T>(key, expected, out var value) ? value : null;

    private bool Single<T>(string key, string expected, out T? value)
    {
        value = default;
        if (Find(key) is not { } found)
        {
            return false;
        }

        value = found.Count is null && found.Entries().Single() is T single ? single : throw Wrong(key, expected);
        return true;
    }

    private T[]? Array<T>(string key, GgufValueType type, string expected) => Find(key) is { } value
        ? value.Count is not null && value.Type == type ? [.. value.Entries().Cast<T>()] : throw Wrong(key, $"an array of {expected}")
        : null;

    private ModelException Wrong(string key, string expected) => new($"'{_file}' has {key} as {Find(key)!.TypeName}; expected {expected}.");
}
