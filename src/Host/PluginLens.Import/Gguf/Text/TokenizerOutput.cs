using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginLens.Import.Gguf.Text;

/// <summary>The files of a tokenizer, made from a GGUF file.</summary>
/// <param name="Files">Name to content.</param>
/// <param name="Refusal">Why text cannot be encoded though tokens can be shown, or null.</param>
internal sealed record TokenizerOutput(IReadOnlyDictionary<string, byte[]> Files, string? Refusal = null)
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A JSON file; its text is not escaped more than it must be.</summary>
    public static byte[] Json(JsonNode json)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Plain))
        {
            json.WriteTo(writer);
        }

        return stream.ToArray();
    }

    /// <summary>Which tokens have names, and what is put around a text.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="begins">Whether a text begins with BOS.</param>
    /// <param name="ends">Whether it ends with EOS.</param>
    public static JsonObject Config(Vocabulary vocabulary, bool begins, bool ends)
    {
        var config = new JsonObject { ["add_bos_token"] = begins, ["add_eos_token"] = ends };
        foreach (var (name, key) in new[]
        {
            ("bos", "bos"), ("eos", "eos"), ("unknown", "unk"), ("padding", "pad"), ("seperator", "sep"), ("cls", "cls"), ("mask", "mask"),
        })
        {
            if (vocabulary.Id(name) is { } id)
            {
                config[$"{key}_token"] = vocabulary.Tokens[id];
            }
        }

        return config;
    }

    /// <summary>Ids that stand before and after every text, as a post-processor.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="first">Before, or null.</param>
    /// <param name="last">After, or null.</param>
    public static JsonObject? Around(Vocabulary vocabulary, int? first, int? last)
    {
        if (first is null && last is null)
        {
            return null;
        }

        var (steps, special) = (new JsonArray(new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } }), new JsonObject());
        foreach (var (id, isFirst) in new[] { (first, true), (last, false) })
        {
            if (id is { } known)
            {
                var text = vocabulary.Tokens[known];
                steps.Insert(isFirst ? 0 : steps.Count, new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = text, ["type_id"] = 0 } });
                special[text] = new JsonObject { ["id"] = text, ["ids"] = new JsonArray(known), ["tokens"] = new JsonArray(text) };
            }
        }

        return new JsonObject { ["type"] = "TemplateProcessing", ["single"] = steps, ["special_tokens"] = special };
    }

    /// <summary>Tokens that are found in text as a whole, before anything else is done with it.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="types">Which ones.</param>
    public static IEnumerable<(int Id, JsonObject Token)> Added(Vocabulary vocabulary, params TokenType[] types)
    {
        for (var id = 0; id < vocabulary.Tokens.Length; id++)
        {
            if (types.Contains(vocabulary.Type(id)) && vocabulary.Tokens[id].Length > 0)
            {
                yield return (id, new JsonObject
                {
                    ["id"] = id, ["content"] = vocabulary.Tokens[id], ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false,
                    ["special"] = vocabulary.Type(id) != TokenType.UserDefined,
                });
            }
        }
    }
}
