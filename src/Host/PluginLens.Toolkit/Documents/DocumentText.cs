using System.Globalization;
using System.Text;

namespace PluginLens.Toolkit;

/// <summary>Text as the documents' notebooks print it: Python's formats, whatever the culture.</summary>
public static class DocumentText
{
    /// <summary>The vocabulary's own string of a token, right-aligned; wider ones stay.</summary>
    /// <param name="model">The model.</param>
    /// <param name="id">Token id.</param>
    /// <param name="width">Characters.</param>
    public static string Right(Model model, int id, int width) => Right(model.Tokenizer?.Piece(id) ?? string.Empty, width);

    /// <summary>A text, right-aligned; Python counts code points.</summary>
    /// <param name="text">The text.</param>
    /// <param name="width">Characters.</param>
    public static string Right(string text, int width) => new string(' ', Math.Max(0, width - text.EnumerateRunes().Count())) + text;

    /// <summary><c>f"{score:.2}"</c>: two significant digits, at least one behind the point, an exponent from 10 up and below 0.0001.</summary>
    /// <param name="score">A number.</param>
    public static string TwoDigits(double score)
    {
        if (score == 0)
        {
            return double.IsNegative(score) ? "-0.0" : "0.0";
        }

        var parts = score.ToString("E1", CultureInfo.InvariantCulture).Split('E');
        var exponent = int.Parse(parts[1], CultureInfo.InvariantCulture);
        if (exponent is < -4 or > 0)
        {
            var mantissa = parts[0].EndsWith(".0", StringComparison.Ordinal) ? parts[0][..^2] : parts[0];
            return $"{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture)}";
        }

        var text = decimal.Parse(parts[0], CultureInfo.InvariantCulture);
        for (var shift = exponent; shift < 0; shift++)
        {
            text /= 10;
        }

        return text.ToString("0.0####", CultureInfo.InvariantCulture);
    }

    /// <summary><c>repr(text)</c> without the quotes around it: what does not print is escaped, a single quote only where there are double quotes too.</summary>
    /// <param name="text">The text.</param>
    public static string Repr(string text)
    {
        var (shown, both) = (new StringBuilder(text.Length), text.Contains('\'', StringComparison.Ordinal) && text.Contains('"', StringComparison.Ordinal));
        for (var at = 0; at < text.Length;)
        {
            var whole = Rune.TryGetRuneAt(text, at, out var rune);
            shown.Append(!whole ? $"\\u{(int)text[at]:x4}" : rune.Value switch
            {
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\'' when both => "\\'",
                _ => Prints(rune) ? rune.ToString() : rune.Value < 0x100 ? $"\\x{rune.Value:x2}" : rune.Value < 0x10000 ? $"\\u{rune.Value:x4}" : $"\\U{rune.Value:x8}",
            });
            at += whole ? rune.Utf16SequenceLength : 1;
        }

        return shown.ToString();
    }

    /// <summary>Python's <c>str.isprintable</c>: neither of the other categories nor a separator, the space excepted.</summary>
    private static bool Prints(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    /// <summary>A field of a CSV file, in quotes where it has to be.</summary>
    /// <param name="text">The text.</param>
    public static string Field(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A line with its end.</summary>
    /// <param name="text">The line.</param>
    public static string Line(FormattableString text) => FormattableString.Invariant(text) + "\n";

    /// <summary>Writes the text as UTF-8 without a mark.</summary>
    /// <param name="context">The run.</param>
    /// <param name="name">File name.</param>
    /// <param name="text">The content.</param>
    public static void Write(AnalysisContext context, string name, StringBuilder text) =>
        context.Results.File(name, stream => stream.Write(new UTF8Encoding(false).GetBytes(text.ToString())));
}
