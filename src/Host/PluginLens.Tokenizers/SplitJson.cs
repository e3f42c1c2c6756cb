using System.Text.Json;
using PluginLens.Tokenizers.Splitting;
using static PluginLens.Tokenizers.TokenizerJsonReader;

namespace PluginLens.Tokenizers;

/// <summary>Reads the <c>pre_tokenizer</c> of a <c>tokenizer.json</c>.</summary>
internal static class SplitJson
{
    /// <param name="element">The stage, or null.</param>
    /// <param name="byteLevel">Whether the last step turns text into bytes; the model then does that itself.</param>
    public static List<PieceSplit> Read(JsonElement? element, out bool byteLevel)
    {
        var splits = new List<PieceSplit>();
        if (element is { } root)
            Add(root, splits);
        byteLevel = splits.Count > 0 && splits[^1] == TextSplits.Bytes;
        if (byteLevel)
            splits.RemoveAt(splits.Count - 1);
        return splits;
    }

    private static void Add(JsonElement element, List<PieceSplit> splits)
    {
        switch (Type(element))
        {
            case "Sequence":
                foreach (var inner in element.GetProperty("pretokenizers").EnumerateArray())
                    Add(inner, splits);
                break;
            case "ByteLevel":
                if (Flag(element, "add_prefix_space", true))
                    splits.Add(TextSplits.PrefixSpace);
                if (Flag(element, "use_regex", true))
                    splits.Add(Gpt2Split.Split);
                splits.Add(TextSplits.Bytes);
                break;
            case "Split":
                splits.Add(Split(element));
                break;
            case "BertPreTokenizer":
                splits.Add(TextSplits.Bert);
                break;
            case "Whitespace":
                splits.Add(new RegexSplit(@"\w+|[^\w\s]+").As(SplitBehavior.Removed, invert: true));
                break;
            case "WhitespaceSplit":
                splits.Add(TextSplits.WhiteSpace);
                break;
            case "Digits":
                splits.Add(TextSplits.Digits(Flag(element, "individual_digits")));
                break;
            case "Punctuation":
                splits.Add(TextSplits.Punctuation(Behavior(element, "Isolated")));
                break;
            case "CharDelimiterSplit":
                splits.Add(Literal(Text(element, "delimiter") ?? string.Empty, SplitBehavior.Removed, false));
                break;
            case "Metaspace":
                splits.Add(TextSplits.Metaspace(Text(element, "replacement") ?? "▁", Scheme(element), Flag(element, "split", true)));
                break;
            case var other:
                throw Unknown("pre_tokenizer", other);
        }
    }

    /// <summary>When a Metaspace stage puts a mark before the text; older files say it with a flag.</summary>
    internal static string Scheme(JsonElement element)
    {
        var scheme = Text(element, "prepend_scheme") ?? (Flag(element, "add_prefix_space", true) ? "always" : "never");
        return scheme is "always" or "first" or "never" ? scheme : throw Unknown("prepend_scheme", scheme);
    }

    private static PieceSplit Split(JsonElement element)
    {
        var pattern = element.GetProperty("pattern");
        var behavior = Behavior(element, "Isolated");
        var invert = Flag(element, "invert");
        if (Text(pattern, "Regex") is { } regex)
            return regex == Patterns.Gpt2 && behavior == SplitBehavior.Isolated && !invert ? Gpt2Split.Split : new RegexSplit(regex).As(behavior, invert);
        return Literal(pattern.GetProperty("String").GetString() ?? string.Empty, behavior, invert);
    }

    private static PieceSplit Literal(string wanted, SplitBehavior behavior, bool invert) => (piece, _, into) =>
    {
        var spans = MatchSplit.Spans(piece, wanted);
        MatchSplit.Add(piece, invert ? spans.ConvertAll(span => span with { IsMatch = !span.IsMatch }) : spans, behavior, into);
    };

    private static SplitBehavior Behavior(JsonElement element, string otherwise)
    {
        var name = Text(element, "behavior") ?? otherwise;
        return Enum.TryParse<SplitBehavior>(name, out var behavior) && Enum.IsDefined(behavior) ? behavior : throw Unknown("split behavior", name);
    }
}
