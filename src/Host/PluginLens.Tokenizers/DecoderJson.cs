using System.Text.Json;
using PluginLens.Tokenizers.Decoding;
using static PluginLens.Tokenizers.TokenizerJsonReader;

namespace PluginLens.Tokenizers;

/// <summary>Reads the <c>decoder</c> of a <c>tokenizer.json</c>.</summary>
internal static class DecoderJson
{
    public static List<PieceDecoder> Read(JsonElement? element)
    {
        var decoders = new List<PieceDecoder>();
        if (element is { } root)
        {
            Add(root, decoders);
        }

        return decoders;
    }

    /// <summary>What a decoder turns into spaces, or null where spaces are bytes like others.</summary>
    public static string? SpaceMark(JsonElement? element)
    {
        if (element is not { } root)
        {
            return null;
        }

        return Type(root) switch
        {
            "Sequence" => root.GetProperty("decoders").EnumerateArray().Select(inner => SpaceMark(inner)).FirstOrDefault(mark => mark is not null),
            "Metaspace" => Text(root, "replacement") ?? "▁",
            "Replace" when Text(root, "content") == " " && Text(root.GetProperty("pattern"), "String") is { Length: > 0 } mark => mark,
            _ => null,
        };
    }

    private static void Add(JsonElement element, List<PieceDecoder> decoders)
    {
        switch (Type(element))
        {
            case "Sequence":
                foreach (var inner in element.GetProperty("decoders").EnumerateArray())
                {
                    Add(inner, decoders);
                }

                break;
            case "ByteLevel":
                decoders.Add(Decoders.ByteLevel);
                break;
            case "ByteFallback":
                decoders.Add(Decoders.ByteFallback);
                break;
            case "Fuse":
                decoders.Add(tokens => [string.Concat(tokens)]);
                break;
            case "BPEDecoder":
                var suffix = Text(element, "suffix") is { Length: > 0 } text ? text : "</w>";
                decoders.Add(tokens => Decoders.WordEnd(tokens, suffix));
                break;
            case "WordPiece":
                var prefix = Text(element, "prefix") ?? "##";
                var cleanUp = Flag(element, "cleanup", true);
                decoders.Add(tokens => Decoders.WordPiece(tokens, prefix, cleanUp));
                break;
            case "Metaspace":
                var mark = Text(element, "replacement") ?? "▁";
                var prefixed = SplitJson.Scheme(element) != "never";
                decoders.Add(tokens => Decoders.Metaspace(tokens, mark, prefixed));
                break;
            case "Replace":
                var replace = NormalizerJson.Replace(element);
                decoders.Add(tokens => [.. tokens.Select(replace)]);
                break;
            case "Strip":
                var content = Text(element, "content") is { Length: 1 } one ? one[0] : throw Unknown("Strip content", Text(element, "content") ?? string.Empty);
                var start = element.GetProperty("start").GetInt32();
                var stop = element.GetProperty("stop").GetInt32();
                decoders.Add(tokens => Decoders.Strip(tokens, content, start, stop));
                break;
            case var other:
                throw Unknown("decoder", other);
        }
    }
}
