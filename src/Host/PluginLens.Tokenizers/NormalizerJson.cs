using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;
using PluginLens.Tokenizers.Normalizing;
using PluginLens.Tokenizers.Splitting;
using static PluginLens.Tokenizers.TokenizerJsonReader;

namespace PluginLens.Tokenizers;

/// <summary>Reads the <c>normalizer</c> of a <c>tokenizer.json</c>.</summary>
internal static class NormalizerJson
{
    public static Normalizer? Read(JsonElement? element) => element is { } root ? Stage(root) : null;

    /// <summary>A Replace stage, of the normalizer or of the decoder.</summary>
    internal static Func<string, string> Replace(JsonElement element)
    {
        var content = Text(element, "content") ?? string.Empty;
        var pattern = element.GetProperty("pattern");
        if (Text(pattern, "Regex") is { } regex)
        {
            var compiled = new Regex(RegexDialect.Translate(regex), RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));
            return text => compiled.Replace(text, _ => content);
        }

        var wanted = Text(pattern, "String");
        return string.IsNullOrEmpty(wanted) ? text => text : text => text.Replace(wanted, content, StringComparison.Ordinal);
    }

    private static Normalizer Stage(JsonElement element)
    {
        switch (Type(element))
        {
            case "Sequence":
                var stages = element.GetProperty("normalizers").EnumerateArray().Select(Stage).ToArray();
                return new TextNormalizer(text => stages.Aggregate(text, (current, stage) => stage.Normalize(current)));
            case "NFC":
                return new NfcNormalizer();
            case "NFD":
                return new TextNormalizer(CanonicalForms.Decompose);
            case "Lowercase":
                return new TextNormalizer(LowerCase.Apply);
            case "StripAccents":
                return new AccentNormalizer();
            case "BertNormalizer":
                return new BertNormalizer(
                    Flag(element, "clean_text", true), Flag(element, "handle_chinese_chars", true),
                    Optional(element, "strip_accents")?.GetBoolean(), Flag(element, "lowercase", true));
            case "Prepend":
                var mark = Text(element, "prepend") ?? string.Empty;
                return new TextNormalizer(text => text.Length == 0 ? text : mark + text);
            case "Replace":
                return new TextNormalizer(Replace(element));
            case "Strip":
                var left = Flag(element, "strip_left", true);
                var right = Flag(element, "strip_right", true);
                return new TextNormalizer(text => left ? right ? text.Trim() : text.TrimStart() : right ? text.TrimEnd() : text);
            case "Precompiled":
                return new TextNormalizer(CharacterMap.Read(element.GetProperty("precompiled_charsmap").GetBytesFromBase64()).Apply);
            case var other:
                throw Unknown("normalizer", other);
        }
    }
}
