using System.Text.Json.Nodes;

namespace PluginLens.Import.Gguf.Text;

/// <summary>Kind <c>gpt2</c>: merges of bytes. Written as <c>tokenizer.json</c>.</summary>
internal static class ByteLevelTokenizer
{
    public static TokenizerOutput Write(Vocabulary vocabulary)
    {
        var (cut, refusal) = Cut(vocabulary.Text("pre"));
        var merges = vocabulary.Merges();
        var begins = vocabulary.Flag("add_bos_token") ?? cut.Begins;
        var ends = vocabulary.Flag("add_eos_token") ?? false;
        var file = new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray([.. TokenizerOutput.Added(vocabulary, TokenType.Control, TokenType.Unknown, TokenType.UserDefined).Select(t => t.Token)]),
            ["normalizer"] = cut.Composed ? new JsonObject { ["type"] = "NFC" } : null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = cut.Stages },
            ["post_processor"] = TokenizerOutput.Around(vocabulary, begins ? vocabulary.Id("bos") : null, ends ? vocabulary.Id("eos") : null),
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["ignore_merges"] = cut.WholeFirst,
                ["vocab"] = new JsonObject(vocabulary.Tokens.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id))),
                ["merges"] = new JsonArray([.. merges.Select(m => new JsonArray(m.Left, m.Right))]),
            },
        };
        return new TokenizerOutput(
            new Dictionary<string, byte[]>
            {
                ["tokenizer.json"] = TokenizerOutput.Json(file),
                ["tokenizer_config.json"] = TokenizerOutput.Json(TokenizerOutput.Config(vocabulary, begins, ends)),
            },
            refusal);
    }

    private static (PreTokenizer Cut, string? Refusal) Cut(string? name)
    {
        if (name is not (null or "default"))
        {
            return PreTokenizer.Of(name) is { } known ? (known, null)
                : (PreTokenizer.None, $"its way of cutting text, {Shown.Name(name)} (tokenizer.ggml.pre), is not known; known are {string.Join(", ", PreTokenizer.Names)}");
        }

        return (PreTokenizer.None, "its file does not say how text is cut (tokenizer.ggml.pre), as files of before May 2024 do not");
    }
}
