using System.Text.Json.Nodes;

namespace PluginLens.Import.Gguf.Text;

/// <summary>Kind <c>bert</c>: whole words or their pieces. In the file words begin with a mark; here, as published, continuations do. Written as <c>tokenizer.json</c>.</summary>
internal static class WordPieceTokenizer
{
    private const string Mark = "▁";
    private const string Continues = "##";
    private const string Unknown = "[UNK]";

    public static TokenizerOutput Write(Vocabulary vocabulary)
    {
        var tokens = vocabulary.Tokens.Select((token, id) => Published(vocabulary, token, id)).ToArray();
        if (!tokens.Contains(Unknown))
        {
            throw new ModelException($"'{vocabulary.File}' has no token {Unknown}, which its kind of tokenizer needs; it is damaged.");
        }

        var (first, last) = (vocabulary.Id("cls") ?? vocabulary.Id("bos"), vocabulary.Id("seperator") ?? vocabulary.Id("eos"));
        var file = new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray([.. TokenizerOutput.Added(vocabulary, TokenType.Control, TokenType.Unknown, TokenType.UserDefined).Select(t => t.Token)]),
            ["normalizer"] = new JsonObject
            {
                ["type"] = "BertNormalizer", ["clean_text"] = true, ["handle_chinese_chars"] = true, ["strip_accents"] = null,
                ["lowercase"] = vocabulary.Flag("normalizer.lowercase") ?? true,
            },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "BertPreTokenizer" },
            ["post_processor"] = TokenizerOutput.Around(vocabulary, vocabulary.Flag("add_bos_token") ?? true ? first : null, vocabulary.Flag("add_eos_token") ?? true ? last : null),
            ["decoder"] = new JsonObject { ["type"] = "WordPiece", ["prefix"] = Continues, ["cleanup"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "WordPiece", ["unk_token"] = Unknown, ["continuing_subword_prefix"] = Continues, ["max_input_chars_per_word"] = 100,
                ["vocab"] = new JsonObject(tokens.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id))),
            },
        };
        var config = TokenizerOutput.Config(vocabulary, begins: false, ends: false);
        config["unk_token"] = Unknown;
        config["cls_token"] = first is { } cls ? tokens[cls] : null;
        config["sep_token"] = last is { } sep ? tokens[sep] : null;
        return new TokenizerOutput(new Dictionary<string, byte[]> { ["tokenizer.json"] = TokenizerOutput.Json(file), ["tokenizer_config.json"] = TokenizerOutput.Json(config) });
    }

    /// <summary>Special tokens keep their text; they are told by their type, or by their brackets where the file has no types.</summary>
    private static string Published(Vocabulary vocabulary, string token, int id)
    {
        var isSpecial = vocabulary.HasTypes ? vocabulary.Type(id) != TokenType.Normal : token.StartsWith('[') && token.EndsWith(']');
        return isSpecial ? token : token.StartsWith(Mark, StringComparison.Ordinal) ? token[Mark.Length..] : Continues + token;
    }
}
