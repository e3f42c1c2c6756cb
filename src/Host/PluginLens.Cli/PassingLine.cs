using System.Text;
using PluginLens.Host;

namespace PluginLens.Cli;

/// <summary>The last line of standard error, while it is only for now: shown again and again in its place, away before anything else is written. Without commands to the terminal, so that any has it.</summary>
internal static class PassingLine
{
    private static readonly Lock Writing = new();
    private static string _text = string.Empty;
    private static int _shown;

    /// <summary>Shows it in the place of the last.</summary>
    /// <param name="line">Cut to the terminal.</param>
    public static void Show(string line)
    {
        lock (Writing)
        {
            var text = TextWidth.Cut(line, Math.Max(1, Terminal.Errors.Width - 1));
            if (text == _text)
            {
                return;
            }

            var width = TextWidth.Of(text);
            Terminal.Errors.Writer.Write($"\r{text}{new string(' ', Math.Max(0, _shown - width))}");
            (_text, _shown) = (text, width);
        }
    }

    /// <summary>Takes it away.</summary>
    public static void Clear()
    {
        lock (Writing)
        {
            if (_shown > 0)
            {
                Terminal.Errors.Writer.Write($"\r{new string(' ', _shown)}\r");
                (_text, _shown) = (string.Empty, 0);
            }
        }
    }

    /// <summary>A writer before whose texts it goes away.</summary>
    /// <param name="inner">Receives them.</param>
    public static TextWriter Before(TextWriter inner) => new Writer(inner);

    private sealed class Writer(TextWriter inner) : TextWriter
    {
        public override Encoding Encoding => inner.Encoding;

        public override void Write(char value) => Write(value.ToString());

        public override void Write(string? value)
        {
            lock (Writing)
            {
                Clear();
                inner.Write(value);
            }
        }

        public override void Flush() => inner.Flush();
    }
}
