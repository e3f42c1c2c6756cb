using System.Text;

namespace PluginLens.Tokenizers.Splitting;

/// <summary>A text cut into matches and what lies between them, put together as a behavior says.</summary>
internal static class MatchSplit
{
    /// <summary>A stretch of the text.</summary>
    public readonly record struct Span(int Start, int End, bool IsMatch);

    /// <summary>Every code point of a class is a match of its own.</summary>
    public static List<Span> Spans(string text, Func<Rune, bool> isMatch)
    {
        var spans = new List<Span>();
        var done = 0;
        for (int i = 0, width; i < text.Length; i += width)
        {
            Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out width);
            if (isMatch(rune))
            {
                Match(spans, ref done, i, i + width);
            }
        }

        return Close(spans, done, text.Length);
    }

    /// <summary>Every occurrence of a string is a match.</summary>
    public static List<Span> Spans(string text, string wanted)
    {
        var spans = new List<Span>();
        var done = 0;
        while (wanted.Length > 0 && text.IndexOf(wanted, done, StringComparison.Ordinal) is >= 0 and var at)
        {
            Match(spans, ref done, at, at + wanted.Length);
        }

        return Close(spans, done, text.Length);
    }

    public static void Match(List<Span> spans, ref int done, int start, int end)
    {
        if (done < start)
        {
            spans.Add(new(done, start, false));
        }

        spans.Add(new(start, end, true));
        done = end;
    }

    public static List<Span> Close(List<Span> spans, int done, int length)
    {
        if (done < length)
        {
            spans.Add(new(done, length, false));
        }

        return spans;
    }

    /// <summary>Matches and the rest with their parts exchanged, where a stage asks for it.</summary>
    public static List<Span> Inverted(List<Span> spans, bool invert) => invert ? spans.ConvertAll(span => span with { IsMatch = !span.IsMatch }) : spans;

    public static void Add(string text, List<Span> spans, SplitBehavior behavior, List<string> into)
    {
        foreach (var span in Joined(spans, behavior))
        {
            if (span.Start < span.End)
            {
                into.Add(text[span.Start..span.End]);
            }
        }
    }

    private static IEnumerable<Span> Joined(List<Span> spans, SplitBehavior behavior) => behavior switch
    {
        SplitBehavior.Isolated => spans,
        SplitBehavior.Removed => spans.Where(span => !span.IsMatch),
        SplitBehavior.Contiguous => Join(spans, (before, span) => before.IsMatch == span.IsMatch),

        // Of several matches in a row only the one that touches the rest is merged with it.
        SplitBehavior.MergedWithPrevious => Join(spans, (before, span) => span.IsMatch && !before.IsMatch),
        _ => Join(spans, (before, span) => before.IsMatch && !span.IsMatch),
    };

    private static List<Span> Join(List<Span> spans, Func<Span, Span, bool> joins)
    {
        var joined = new List<Span>();
        for (var i = 0; i < spans.Count; i++)
        {
            if (i > 0 && joins(spans[i - 1], spans[i]))
            {
                joined[^1] = joined[^1] with { End = spans[i].End };
            }
            else
            {
                joined.Add(spans[i]);
            }
        }

        return joined;
    }
}
