using System.Globalization;
using System.Text;

namespace PluginLens.Tokenizers.Normalizing;

/// <summary>Unicode's normal forms: canonical (NFD, NFC) and of compatibility (NFKD, NFKC).</summary>
internal static class NormalForms
{
    private const int HangulBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TrailBase = 0x11A7;
    private const int Vowels = 21;
    private const int Trails = 28;
    private const int Syllables = 19 * Vowels * Trails;

    private static readonly Lazy<Tables> Data = new(Read);

    private static readonly Lazy<Dictionary<int, int[]>> Compatible = new(() => CompatibilityData.Decompositions
        .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(entry => entry.Split('>'))
        .ToDictionary(entry => Hexadecimal(entry[0]), entry => entry[1].Split('+').Select(Hexadecimal).ToArray()));

    /// <summary>NFC.</summary>
    public static string Compose(string text)
    {
        // Nothing below U+0300 decomposes and composes to anything but itself.
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', '\u02FF'))
        {
            return text;
        }

        return Text(Composed(Decomposed(text)));
    }

    /// <summary>NFD.</summary>
    public static string Decompose(string text) =>
        text.AsSpan().ContainsAnyExceptInRange('\0', '\u00BF') ? Text(Decomposed(text)) : text;

    /// <summary>NFKC.</summary>
    public static string ComposeCompatible(string text) =>
        text.AsSpan().ContainsAnyExceptInRange('\0', '\u009F') ? Text(Composed(Decomposed(text, compatible: true))) : text;

    /// <summary>NFKD.</summary>
    public static string DecomposeCompatible(string text) =>
        text.AsSpan().ContainsAnyExceptInRange('\0', '\u009F') ? Text(Decomposed(text, compatible: true)) : text;

    private static List<int> Decomposed(string text, bool compatible = false)
    {
        var points = new List<int>(text.Length);
        for (int i = 0, width; i < text.Length; i += width)
        {
            Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out width);
            Append(rune.Value, points, compatible);
        }

        Reorder(points);
        return points;
    }

    private static void Append(int point, List<int> points, bool compatible)
    {
        var syllable = point - HangulBase;
        if (syllable is >= 0 and < Syllables)
        {
            points.Add(LeadBase + (syllable / (Vowels * Trails)));
            points.Add(VowelBase + (syllable % (Vowels * Trails) / Trails));
            if (syllable % Trails > 0)
            {
                points.Add(TrailBase + (syllable % Trails));
            }
        }
        else if (Data.Value.Parts.TryGetValue(point, out var parts) || (compatible && Compatible.Value.TryGetValue(point, out parts)))
        {
            foreach (var part in parts)
            {
                Append(part, points, compatible);
            }
        }
        else
        {
            points.Add(point);
        }
    }

    /// <summary>Sorts every run of combining marks by class, equal ones in their order.</summary>
    private static void Reorder(List<int> points)
    {
        for (var start = 0; start < points.Count; start++)
        {
            if (Class(points[start]) == 0)
            {
                continue;
            }

            var end = start;
            while (end < points.Count && Class(points[end]) != 0)
            {
                end++;
            }

            var sorted = points.GetRange(start, end - start).OrderBy(Class).ToList();
            for (var i = 0; i < sorted.Count; i++)
            {
                points[start + i] = sorted[i];
            }

            start = end;
        }
    }

    private static List<int> Composed(List<int> points)
    {
        var result = new List<int>(points.Count);
        var starter = -1;
        var lastClass = 0;
        foreach (var point in points)
        {
            var combining = Class(point);

            // A mark reaches its starter unless one of the same or a higher class stands between.
            var blocked = starter < 0 || (result.Count - 1 > starter && lastClass >= combining);
            if (!blocked && Pair(result[starter], point) is { } composite)
            {
                result[starter] = composite;
                continue;
            }

            if (combining == 0)
            {
                starter = result.Count;
            }

            lastClass = combining;
            result.Add(point);
        }

        return result;
    }

    private static int? Pair(int first, int second)
    {
        if (first is >= LeadBase and < LeadBase + 19 && second is >= VowelBase and < VowelBase + Vowels)
        {
            return HangulBase + ((((first - LeadBase) * Vowels) + second - VowelBase) * Trails);
        }

        var syllable = first - HangulBase;
        if (syllable is >= 0 and < Syllables && syllable % Trails == 0 && second is > TrailBase and < TrailBase + Trails)
        {
            return first + second - TrailBase;
        }

        return Data.Value.Composites.TryGetValue((first, second), out var composite) ? composite : null;
    }

    private static int Class(int point) => point < 0x300 ? 0 : Data.Value.Classes.GetValueOrDefault(point);

    private static string Text(List<int> points)
    {
        var text = new StringBuilder(points.Count);
        foreach (var point in points)
        {
            text.Append(new Rune(point));
        }

        return text.ToString();
    }

    private static Tables Read()
    {
        var tables = new Tables([], [], []);
        foreach (var entry in CanonicalData.Decompositions.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            var sign = entry.IndexOfAny(['=', '>']);
            var point = Hexadecimal(entry[..sign]);
            var parts = entry[(sign + 1)..].Split('+').Select(Hexadecimal).ToArray();
            tables.Parts[point] = parts;
            if (entry[sign] == '=')
            {
                tables.Composites[(parts[0], parts[1])] = point;
            }
        }

        foreach (var entry in CanonicalData.CombiningClasses.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            var fields = entry.Split(':');
            var ends = fields[0].Split('-');
            for (var point = Hexadecimal(ends[0]); point <= Hexadecimal(ends[^1]); point++)
            {
                tables.Classes[point] = byte.Parse(fields[1], CultureInfo.InvariantCulture);
            }
        }

        return tables;
    }

    private static int Hexadecimal(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private sealed record Tables(Dictionary<int, int[]> Parts, Dictionary<(int First, int Second), int> Composites, Dictionary<int, byte> Classes);
}
