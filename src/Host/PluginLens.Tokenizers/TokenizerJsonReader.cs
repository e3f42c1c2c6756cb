using System.Text.Json;
using PluginLens.Tokenizers.Decoding;

namespace PluginLens.Tokenizers;

/// <summary>Reads <c>tokenizer.json</c>: a pipeline of stages, each named by its type.</summary>
internal sealed class TokenizerJsonReader(string path, TokenizerConfig config)
{
    public TokenizerParts Read()
    {
        var root = TokenizerFiles.Json(path);
        var splits = SplitJson.Read(Optional(root, "pre_tokenizer"), config, out var byteLevel);
        var model = root.GetProperty("model");
        var table = new PieceTable();
        var parts = ModelJson.Read(model, table, byteLevel);
        var added = AddedTokensJson.Read(root, config, table);
        var (prefix, suffix) = TemplateJson.Read(Optional(root, "post_processor"), table, config.Notes);
        ConfigOverJson.Marks(config, table, prefix, suffix);
        ConfigOverJson.Note(config, root);
        return (parts with
        {
            Path = path,
            Kind = Kind(root, parts.Kind),
            Pieces = table.ToArray(),
            AddedTokens = added,
            Normalizer = NormalizerJson.Read(Optional(root, "normalizer"), config),
            Splits = splits,
            Decoders = DecoderJson.Read(Optional(root, "decoder")),
            SpaceMark = DecoderJson.SpaceMark(Optional(root, "decoder")),
            Prefix = prefix,
            Suffix = suffix,
        }).WithNamedIds(config, table.Ids);
    }

    /// <summary>Byte-pair models are told apart by the stages around them.</summary>
    private static string Kind(JsonElement root, string kind)
    {
        bool Mentions(string stage, string text) => Optional(root, stage)?.GetRawText().Contains(text, StringComparison.Ordinal) == true;
        if (kind is not ("bpe" or "sentencepiece-bpe"))
        {
            return kind;
        }

        if (Mentions("pre_tokenizer", "\"ByteLevel\"") || Mentions("decoder", "\"ByteLevel\""))
        {
            return "byte-level-bpe";
        }

        return Mentions("normalizer", "▁") || Mentions("normalizer", "\\u2581") ? "sentencepiece-bpe" : kind;
    }

    /// <summary>A member that may be missing or null.</summary>
    internal static JsonElement? Optional(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A flag with a default; null is none, as in the published readers.</summary>
    internal static bool Flag(JsonElement element, string name, bool otherwise) => element.TryGetProperty(name, out _) ? Flag(element, name) : otherwise;

    /// <summary>A flag that must be there: a default in its place would be a guess.</summary>
    internal static bool Flag(JsonElement element, string name) => Required(element, name) is { ValueKind: JsonValueKind.True or JsonValueKind.False } value
        ? value.GetBoolean()
        : throw new InvalidDataException($"Expected true or false for '{name}', found {PieceTable.Shown(element.GetProperty(name).GetRawText())}.");

    /// <summary>A member that must be there.</summary>
    internal static JsonElement Required(JsonElement element, string name) => element.TryGetProperty(name, out var value)
        ? value
        : throw new InvalidDataException($"Expected '{name}' in {PieceTable.Shown(element.GetRawText())}, found none.");

    /// <summary>Text that must be there.</summary>
    internal static string RequiredText(JsonElement element, string name) =>
        Required(element, name).GetString() ?? throw new InvalidDataException($"Expected text for '{name}', found null.");

    internal static string? Text(JsonElement element, string name) => Optional(element, name)?.GetString();

    /// <summary>The type of a stage, for the switch that makes it.</summary>
    internal static string Type(JsonElement element) => element.GetProperty("type").GetString() ?? string.Empty;

    internal static InvalidDataException Unknown(string stage, string type) =>
        new($"Expected a known {stage}, found '{PieceTable.Shown(type)}', which this version does not read.");
}
