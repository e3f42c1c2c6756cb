using System.Globalization;
using System.Text;

namespace PluginLens.Host;

/// <summary>Cells as people read them: white space of tokens visible, nothing that moves the cursor or turns the line around.</summary>
public static class DisplayText
{
    private const char DottedCircle = '\u25CC';
    private const char FirstStrongIsolate = '\u2068';
    private const char PopDirectionalIsolate = '\u2069';

    /// <summary>The text of a cell.</summary>
    /// <param name="column">Its column.</param>
    /// <param name="row">Its row.</param>
    public static string Of(Column column, object row) => column.Get(row) switch
    {
        null => "-",
        double number => Number(number),
        float number => Number(number),
        string { Length: 0 } when column.Kind == ColumnKind.Token => "\u2205",
        string text => Visible(text, spaces: column.Kind == ColumnKind.Token),
        var other => OptionText.Of(other),
    };

    /// <summary>A token as people read it: <c>·the</c>, <c>↵</c>, <c>\u{7F}</c>.</summary>
    /// <param name="text">Decoded text.</param>
    public static string Token(string text) => Visible(text, spaces: true);

    /// <summary>Any text as tables show it: its spaces as they are, what cannot be seen spelled out.</summary>
    /// <param name="text">Text of a cell.</param>
    public static string Text(string text) => Visible(text, spaces: false);

    /// <summary>Four decimals where that says something, else four digits and a power of ten.</summary>
    /// <param name="number">Any number but NaN.</param>
    public static string Number(double number) => Math.Abs(number) switch
    {
        0 => "0",
        >= 1e-3 and < 1e6 => number.ToString("0.0000", CultureInfo.InvariantCulture),
        _ => number.ToString("0.000e+0", CultureInfo.InvariantCulture),
    };

    /// <summary>Blocks of right-to-left scripts (Hebrew, Arabic, Syriac, Thaana, NKo, and their later extensions).</summary>
    /// <param name="rune">Code point.</param>
    public static bool IsRightToLeft(int rune) => rune is (>= 0x0590 and <= 0x08FF) or (>= 0xFB1D and <= 0xFDFF) or (>= 0xFE70 and <= 0xFEFF) or (>= 0x10800 and <= 0x10FFF) or (>= 0x1E800 and <= 0x1EFFF);

    private static string Visible(string text, bool spaces)
    {
        var visible = new StringBuilder(text.Length);
        var turned = false;
        for (var at = 0; at < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, at, out var rune))
            {
                visible.Append(CultureInfo.InvariantCulture, $"\\u{{{(int)text[at]:X}}}");
                at++;
                continue;
            }

            // A mark without a base would sit on whatever stands before the cell.
            if (at == 0 && IsMark(rune))
            {
                visible.Append(DottedCircle);
            }

            turned |= IsRightToLeft(rune.Value);
            Append(visible, rune, spaces);
            at += rune.Utf16SequenceLength;
        }

        return turned ? $"{FirstStrongIsolate}{visible}{PopDirectionalIsolate}" : visible.ToString();
    }

    private static void Append(StringBuilder visible, Rune rune, bool spaces)
    {
        switch (rune.Value)
        {
            case ' ':
                visible.Append(spaces ? '·' : ' ');
                break;
            case '\n':
                visible.Append('↵');
                break;
            case '\t':
                visible.Append('→');
                break;
            case var _ when IsInvisible(Rune.GetUnicodeCategory(rune)):
                visible.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X2}}}");
                break;
            default:
                visible.Append(rune.ToString());
                break;
        }
    }

    private static bool IsMark(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.SpacingCombiningMark;

    /// <summary>Controls, format characters (bidi overrides, joiners, soft hyphens), odd spaces, and what no font has.</summary>
    private static bool IsInvisible(UnicodeCategory category) => category is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate;
}
