using System.Globalization;

namespace PluginLens.Tokenizers.Splitting;

/// <summary>Scripts by name, as ranges of code points.</summary>
internal static class Scripts
{
    private static readonly Lazy<Dictionary<string, (int First, int Last)[]>> Data = new(Read);

    /// <summary>The name as <see cref="Data"/> has it, or null; case, spaces, hyphens and underscores do not count.</summary>
    public static string? Find(string name) => Data.Value.Keys.FirstOrDefault(key => key.Equals(name, StringComparison.OrdinalIgnoreCase));

    public static bool Contains(string script, int point) => Data.Value[script].Any(range => point >= range.First && point <= range.Last);

    /// <summary>The script's part of the basic plane as the inside of a character class.</summary>
    public static string ClassBody(string script) => string.Concat(Data.Value[script].Where(range => range.Last <= 0xFFFF)
        .Select(range => range.First == range.Last ? Escaped(range.First) : Escaped(range.First) + '-' + Escaped(range.Last)));

    internal static string Escaped(int point) => string.Create(CultureInfo.InvariantCulture, $"\\u{point:X4}");

    private static Dictionary<string, (int First, int Last)[]> Read()
    {
        var scripts = new Dictionary<string, (int First, int Last)[]>(StringComparer.Ordinal);
        var name = string.Empty;
        foreach (var line in ScriptData.Ranges.Split('\n', StringSplitOptions.TrimEntries))
        {
            var sign = line.IndexOf('=', StringComparison.Ordinal);
            if (sign >= 0)
            {
                scripts[name = line[..sign]] = [];
            }

            var ranges = line[(sign + 1)..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(range => range.Split('-'));
            scripts[name] = [.. scripts[name], .. ranges.Select(ends => (Hexadecimal(ends[0]), Hexadecimal(ends[^1])))];
        }

        return scripts;
    }

    private static int Hexadecimal(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
