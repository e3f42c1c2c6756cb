using System.Text;
using PluginLens.Tokenizers.Normalizing;

namespace PluginLens.Tokenizers;

/// <summary>Cuts a text at its added tokens: leftmost first, the longest of those that begin there.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly Dictionary<char, List<(string Content, AddedToken Token)>> _raw = [];
    private readonly Dictionary<char, List<(string Content, AddedToken Token)>> _normalized = [];

    public AddedTokenMatcher(IReadOnlyList<AddedToken> tokens, TextNormalizer? normalizer)
    {
        foreach (var token in tokens)
        {
            var content = token.Normalized && normalizer is not null ? normalizer.Normalize(token.Content) : token.Content;
            if (content.Length == 0)
            {
                continue;
            }

            var map = token.Normalized ? _normalized : _raw;
            if (!map.TryGetValue(content[0], out var list))
            {
                map[content[0]] = list = [];
            }

            list.Add((content, token));
        }

        foreach (var list in _raw.Values.Concat(_normalized.Values))
        {
            list.Sort((a, b) => b.Content.Length.CompareTo(a.Content.Length));
        }
    }

    /// <summary>A stretch of text, or an added token where <paramref name="Id"/> is not null.</summary>
    public readonly record struct Segment(int Start, int Length, int? Id);

    public List<Segment> SplitRaw(string text) => Split(text, _raw);

    public List<Segment> SplitNormalized(string text) => Split(text, _normalized);

    private static List<Segment> Split(string text, Dictionary<char, List<(string Content, AddedToken Token)>> tokens)
    {
        var segments = new List<Segment>();
        var done = 0;
        for (var i = 0; tokens.Count > 0 && i < text.Length;)
        {
            if (!tokens.TryGetValue(text[i], out var candidates) || Match(text, i, candidates) is not { } match)
            {
                i++;
                continue;
            }

            var (content, token) = match;
            var end = i + content.Length;
            if (i >= done && (!token.SingleWord || IsAlone(text, i, end)))
            {
                var start = token.LeftStrip ? Math.Max(done, SpaceBefore(text, i)) : i;
                if (start > done)
                {
                    segments.Add(new(done, start - done, null));
                }

                done = token.RightStrip ? SpaceAfter(text, end) : end;
                segments.Add(new(start, done - start, token.Id));
            }

            i = end;
        }

        if (done < text.Length)
        {
            segments.Add(new(done, text.Length - done, null));
        }

        return segments;
    }

    private static (string Content, AddedToken Token)? Match(string text, int at, List<(string Content, AddedToken Token)> candidates)
    {
        foreach (var candidate in candidates)
        {
            if (string.CompareOrdinal(text, at, candidate.Content, 0, candidate.Content.Length) == 0)
            {
                return candidate;
            }
        }

        return null;
    }

    private static int SpaceBefore(string text, int at)
    {
        while (at > 0 && char.IsWhiteSpace(text[at - 1]))
        {
            at--;
        }

        return at;
    }

    private static int SpaceAfter(string text, int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }

        return at;
    }

    private static bool IsAlone(string text, int start, int end) =>
        (start == 0 || Rune.DecodeLastFromUtf16(text.AsSpan(0, start), out var before, out _) != 0 || !UnicodeText.IsWord(before))
        && (end == text.Length || Rune.DecodeFromUtf16(text.AsSpan(end), out var after, out _) != 0 || !UnicodeText.IsWord(after));
}
