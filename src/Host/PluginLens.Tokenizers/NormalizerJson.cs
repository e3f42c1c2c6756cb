using System.Text.Json;
using System.Text.RegularExpressions;
using PluginLens.Tokenizers.Normalizing;
using PluginLens.Tokenizers.Splitting;
using static PluginLens.Tokenizers.TokenizerJsonReader;

namespace PluginLens.Tokenizers;

/// <summary>Reads the <c>normalizer</c> of a <c>tokenizer.json</c>.</summary>
internal static class NormalizerJson
{
    /// <param name="element">The stage, or null.</param>
    /// <param name="config">The config files, which BERT's classes put over a BertNormalizer.</param>
    public static TextNormalizer? Read(JsonElement? element, TokenizerConfig config) => element is not { } root ? null
        : Type(root) == "BertNormalizer" && (TokenizerClasses.LikeBert.Contains(config.TokenizerClass) || config.TokenizerClass == "MPNetTokenizer") ? Bert(root, config)
        : Stage(root);

    private static BertNormalizer Bert(JsonElement element, TokenizerConfig config)
    {
        bool? Followed(string name, string inConfig, bool? own)
        {
            if (config.Flag(inConfig) is not { } wanted || wanted == own)
            {
                return own;
            }

            config.Notes.Add($"{inConfig} is {Shown(wanted)} in tokenizer_config.json, {name} {Shown(own)} in tokenizer.json; tokenizer_config.json is followed");
            return wanted;
        }

        return new(
            Flag(element, "clean_text"),
            Followed("handle_chinese_chars", "tokenize_chinese_chars", Flag(element, "handle_chinese_chars")) != false,
            Followed("strip_accents", "strip_accents", Optional(element, "strip_accents")?.GetBoolean()),
            Followed("lowercase", "do_lower_case", Flag(element, "lowercase")) != false);
    }

    private static string Shown(bool? value) => value switch { true => "true", false => "false", _ => "null" };

    /// <summary>A Replace stage, of the normalizer or of the decoder.</summary>
    internal static Func<string, string> Replace(JsonElement element)
    {
        var content = RequiredText(element, "content");
        var pattern = element.GetProperty("pattern");
        if (Text(pattern, "Regex") is { } regex)
        {
            var compiled = new Regex(RegexDialect.Translate(regex), RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));
            return text => TextLimit.Replace(text, compiled, content);
        }

        var wanted = RequiredText(pattern, "String");
        return string.IsNullOrEmpty(wanted) ? text => text : text => TextLimit.Replace(text, wanted, content);
    }

    private static TextNormalizer Stage(JsonElement element)
    {
        switch (Type(element))
        {
            case "Sequence":
                var stages = element.GetProperty("normalizers").EnumerateArray().Select(Stage).ToArray();
                return new TextNormalizer(text => stages.Aggregate(text, (current, stage) => TextLimit.Made(stage.Normalize(current))));
            case "NFC":
                return new NfcNormalizer();
            case "NFD":
                return new TextNormalizer(NormalForms.Decompose);
            case "NFKC":
                return new TextNormalizer(NormalForms.ComposeCompatible);
            case "NFKD":
                return new TextNormalizer(NormalForms.DecomposeCompatible);
            case "Nmt":
                return new NmtNormalizer();
            case "ByteLevel":
                return new TextNormalizer(ByteAlphabet.Write);
            case "Lowercase":
                return new TextNormalizer(LowerCase.Apply);
            case "StripAccents":
                return new AccentNormalizer();
            case "BertNormalizer":
                return new BertNormalizer(
                    Flag(element, "clean_text"), Flag(element, "handle_chinese_chars"), Optional(element, "strip_accents")?.GetBoolean(), Flag(element, "lowercase"));
            case "Prepend":
                var mark = RequiredText(element, "prepend");
                return new TextNormalizer(text => text.Length == 0 ? text : mark + text);
            case "Replace":
                return new TextNormalizer(Replace(element));
            case "Strip":
                var left = Flag(element, "strip_left");
                var right = Flag(element, "strip_right");
                return new TextNormalizer(text => left ? right ? text.Trim() : text.TrimStart() : right ? text.TrimEnd() : text);
            case "Precompiled":
                return new TextNormalizer(CharacterMap.Read(element.GetProperty("precompiled_charsmap").GetBytesFromBase64()).Apply);
            case var other:
                throw Unknown("normalizer", other);
        }
    }
}
