using System.Text.Json;
using PluginLens.Tokenizers.Splitting;
using static PluginLens.Tokenizers.TokenizerJsonReader;

namespace PluginLens.Tokenizers;

/// <summary>Reads the <c>pre_tokenizer</c> of a <c>tokenizer.json</c>.</summary>
internal static class SplitJson
{
    /// <param name="element">The stage, or null.</param>
    /// <param name="config">The config files, whose add_prefix_space the fast classes put over that of a ByteLevel stage.</param>
    /// <param name="byteLevel">Whether the last step turns text into bytes; the model then does that itself.</param>
    public static List<PieceSplit> Read(JsonElement? element, TokenizerConfig config, out bool byteLevel)
    {
        var splits = new List<PieceSplit>();
        if (element is { } root)
        {
            Add(root, splits, PrefixSpace(root, config));
        }

        byteLevel = splits.Count > 0 && splits[^1] == TextSplits.Bytes;
        if (byteLevel)
        {
            splits.RemoveAt(splits.Count - 1);
        }

        return splits;
    }

    /// <summary>The config's add_prefix_space; null where the file's own stands.</summary>
    private static bool? PrefixSpace(JsonElement root, TokenizerConfig config)
    {
        bool? own = Type(root) switch
        {
            "ByteLevel" => Flag(root, "add_prefix_space"),
            "Metaspace" => Scheme(root) != "never",
            _ => null,
        };
        if (config.Flag("add_prefix_space") is not { } wanted || own is null || own == wanted)
        {
            return null;
        }

        var followed = Type(root) == "ByteLevel";
        config.Notes.Add($"add_prefix_space is {(wanted ? "true" : "false")} in tokenizer_config.json and {(wanted ? "false" : "true")} in tokenizer.json; {(followed ? "tokenizer_config.json" : "tokenizer.json")} is followed");
        return followed ? wanted : null;
    }

    private static void Add(JsonElement element, List<PieceSplit> splits, bool? prefixSpace = null)
    {
        switch (Type(element))
        {
            case "Sequence":
                foreach (var inner in element.GetProperty("pretokenizers").EnumerateArray())
                {
                    Add(inner, splits);
                }

                break;
            case "ByteLevel":
                if (prefixSpace ?? Flag(element, "add_prefix_space"))
                {
                    splits.Add(TextSplits.PrefixSpace);
                }

                if (Flag(element, "use_regex", true))
                {
                    splits.Add(Gpt2Split.Split);
                }

                splits.Add(TextSplits.Bytes);
                break;
            case "Split":
                splits.Add(Split(element));
                break;
            case "BertPreTokenizer":
                splits.Add(TextSplits.Bert);
                break;
            case "Whitespace":
                splits.Add(new RegexSplit(@"[\w\u200C\u200D]+|[^\w\s\u200C\u200D]+").As(SplitBehavior.Removed, invert: true));
                break;
            case "WhitespaceSplit":
                splits.Add(TextSplits.WhiteSpace);
                break;
            case "Digits":
                splits.Add(TextSplits.Digits(Flag(element, "individual_digits")));
                break;
            case "Punctuation":
                splits.Add(TextSplits.Punctuation(element.TryGetProperty("behavior", out _) ? Behavior(element) : SplitBehavior.Isolated));
                break;
            case "CharDelimiterSplit":
                splits.Add(Literal(RequiredText(element, "delimiter"), SplitBehavior.Removed, false));
                break;
            case "Metaspace":
                splits.Add(TextSplits.Metaspace(RequiredText(element, "replacement"), Scheme(element), Flag(element, "split", true)));
                break;
            case var other:
                throw Unknown("pre_tokenizer", other);
        }
    }

    /// <summary>When a Metaspace stage puts a mark before the text; older files say it with a flag.</summary>
    internal static string Scheme(JsonElement element)
    {
        var scheme = Text(element, "prepend_scheme") ?? (Optional(element, "add_prefix_space")?.GetBoolean() != false ? "always" : "never");
        return scheme is "always" or "first" or "never" ? scheme : throw Unknown("prepend_scheme", scheme);
    }

    private static PieceSplit Split(JsonElement element)
    {
        var pattern = element.GetProperty("pattern");
        var behavior = Behavior(element);
        var invert = Flag(element, "invert");
        if (Text(pattern, "Regex") is { } regex)
        {
            return regex == Patterns.Gpt2 && behavior == SplitBehavior.Isolated && !invert ? Gpt2Split.Split : new RegexSplit(regex).As(behavior, invert);
        }

        return Literal(pattern.GetProperty("String").GetString() ?? string.Empty, behavior, invert);
    }

    private static PieceSplit Literal(string wanted, SplitBehavior behavior, bool invert) => (piece, _, into) =>
        MatchSplit.Add(piece, MatchSplit.Inverted(MatchSplit.Spans(piece, wanted), invert), behavior, into);

    private static SplitBehavior Behavior(JsonElement element)
    {
        var name = RequiredText(element, "behavior");
        return Enum.TryParse<SplitBehavior>(name, out var behavior) && Enum.IsDefined(behavior) ? behavior : throw Unknown("split behavior", name);
    }
}
