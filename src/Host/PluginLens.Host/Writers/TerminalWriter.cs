using System.Buffers;
using System.Globalization;
using System.Text;

namespace PluginLens.Host;

/// <summary>
/// Text for people, some of which models and plugins chose: what would command a terminal is spelled out as cells of tables have it (<c>\u{1B}</c>). Line ends and
/// tabs pass, and the isolates that keep right-to-left text in its place.
/// </summary>
/// <param name="inner">Receives it.</param>
public sealed class TerminalWriter(TextWriter inner) : TextWriter(CultureInfo.InvariantCulture)
{
    private static readonly SearchValues<char> Commands = SearchValues.Create(AllCommands());

    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <summary>The text, with what would command a terminal spelled out.</summary>
    /// <param name="text">Any text.</param>
    public static string Spelled(string text) => Spelled(text, static (shown, command) => shown.Append(CultureInfo.InvariantCulture, $"\\u{{{(int)command:X2}}}"));

    /// <summary>The same JSON, with such characters as JSON's own escapes; they can stand nowhere but in its strings.</summary>
    /// <param name="json">JSON.</param>
    public static string SpelledJson(string json) => Spelled(json, static (shown, command) => shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)command:x4}"));

    /// <inheritdoc/>
    public override void Write(char value) => inner.Write(IsCommand(value) ? Spelled(value.ToString()) : value.ToString());

    /// <inheritdoc/>
    public override void Write(string? value) => inner.Write(value is null ? null : Spelled(value));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => inner.Write((value is null ? string.Empty : Spelled(value)) + inner.NewLine);

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer) => Write(new string(buffer));

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    private static string Spelled(string text, Action<StringBuilder, char> spell)
    {
        if (!text.AsSpan().ContainsAny(Commands))
        {
            return text;
        }

        var shown = new StringBuilder(text.Length + 16);
        foreach (var character in text)
        {
            if (Commands.Contains(character))
            {
                spell(shown, character);
            }
            else
            {
                shown.Append(character);
            }
        }

        return shown.ToString();
    }

    private static string AllCommands()
    {
        var commands = new StringBuilder();
        for (var code = 0; code <= char.MaxValue; code++)
        {
            if (IsCommand((char)code))
            {
                commands.Append((char)code);
            }
        }

        return commands.ToString();
    }

    private static bool IsCommand(char character) => character is not ('\n' or '\t' or (>= '\u2066' and <= '\u2069')) && !(character == '\r' && OperatingSystem.IsWindows())
        && char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
