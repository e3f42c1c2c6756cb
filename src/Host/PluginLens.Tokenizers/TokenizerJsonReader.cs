using System.Text.Json;
using PluginLens.Tokenizers.Decoding;

namespace PluginLens.Tokenizers;

/// <summary>Reads <c>tokenizer.json</c>: a pipeline of stages, each named by its type.</summary>
internal sealed class TokenizerJsonReader(string path, TokenizerConfig config)
{
    public TokenizerParts Read()
    {
        var root = TokenizerFiles.Json(path);
        var added = Optional(root, "added_tokens") is { } list
            ? list.EnumerateArray().Select(token => AddedTokenJson.Read(token)).ToArray()
            : [];
        var splits = SplitJson.Read(Optional(root, "pre_tokenizer"), out var byteLevel);
        var (prefix, suffix) = TemplateJson.Read(Optional(root, "post_processor"));
        var model = root.GetProperty("model");
        var table = new PieceTable();
        var parts = ModelJson.Read(model, table, byteLevel);
        foreach (var token in added)
            table.Add(token.Content, token.Id);
        foreach (var id in prefix.Concat(suffix))
        {
            if (id < 0 || id >= table.Count)
                throw new InvalidDataException($"Expected the post-processor's ids below {table.Count}, found {id}.");
        }

        return (parts with
        {
            Path = path,
            Kind = Kind(root, parts.Kind),
            Pieces = table.ToArray(),
            AddedTokens = added,
            Normalizer = NormalizerJson.Read(Optional(root, "normalizer")),
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
            return kind;
        if (Mentions("pre_tokenizer", "\"ByteLevel\"") || Mentions("decoder", "\"ByteLevel\""))
            return "byte-level-bpe";
        return Mentions("normalizer", "▁") || Mentions("normalizer", "\\u2581") ? "sentencepiece-bpe" : kind;
    }

    /// <summary>A member that may be missing or null.</summary>
    internal static JsonElement? Optional(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    internal static bool Flag(JsonElement element, string name, bool otherwise = false) => Optional(element, name)?.GetBoolean() ?? otherwise;

    internal static string? Text(JsonElement element, string name) => Optional(element, name)?.GetString();

    /// <summary>The type of a stage, for the switch that makes it.</summary>
    internal static string Type(JsonElement element) => element.GetProperty("type").GetString() ?? string.Empty;

    internal static InvalidDataException Unknown(string stage, string type) =>
        new($"Expected a known {stage}, found '{PieceTable.Shown(type)}', which this version does not read.");
}
