using System.Text.Json;

namespace PluginLens.Tokenizers;

/// <summary>What <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c> say; both may be missing.</summary>
internal sealed class TokenizerConfig
{
    private static readonly string[] NamedTokens = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    private readonly List<JsonDocument> _objects = [];

    public TokenizerConfig(TokenizerFolder folder)
    {
        foreach (var name in (string[])["tokenizer_config.json", "special_tokens_map.json"])
        {
            if (folder.Find(name) is { } path)
            {
                _objects.Add(TokenizerFiles.Guard(path, () => TokenizerFiles.Json(TokenizerFiles.JsonBytes(path))));
            }
        }

        // Without the newer list of added tokens the older map of special tokens goes first.
        if (_objects.Count == 2)
        {
            NoteConflicts();
            if (Find("added_tokens_decoder") is null)
            {
                _objects.Reverse();
            }
        }

        TokenizerClass = ClassOf(folder);

        if (folder.Find("added_tokens.json") is { } added)
        {
            AddedIds = TokenizerFiles.Guard(added, () => TokenizerFiles.Json(TokenizerFiles.JsonBytes(added))).RootElement;
        }

        MergesPath = folder.Find("merges.txt");
    }

    /// <summary>Where <c>merges.txt</c> is, or null.</summary>
    public string? MergesPath { get; }

    /// <summary>What <c>added_tokens.json</c> holds, text to id, or null.</summary>
    public JsonElement? AddedIds { get; }

    /// <summary>The class that published the files (<c>GPT2Tokenizer</c>), without <c>Fast</c>; empty where nothing says.</summary>
    public string TokenizerClass { get; }

    /// <summary>Which file was followed where they contradict each other.</summary>
    public List<string> Notes { get; } = [];

    public bool? Flag(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw Wrong(name, "true or false", other),
    };

    public int? Number(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : throw Wrong(name, "a number", value);

    public string? String(string name) => Find(name) is not { } value ? null : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(name, "text", value);

    /// <summary>Text of a named token (<c>bos_token</c>), whether written plain or as an object.</summary>
    public string? Token(string name) => Find(name) is not { } value ? null : Content(value) ?? throw Wrong(name, "a token", value);

    private static InvalidDataException Wrong(string name, string expected, JsonElement found) =>
        new($"Expected {expected} for '{name}' in the tokenizer's configuration, found {PieceTable.Shown(found.GetRawText())}.");

    /// <summary>An object-valued entry, such as <c>added_tokens_decoder</c>.</summary>
    public JsonElement? Find(string name)
    {
        foreach (var file in _objects)
        {
            if (file.RootElement.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>Every token that the files call special, in order: bos, eos, unk, sep, pad, cls, mask, additional ones.</summary>
    public IEnumerable<JsonElement> SpecialTokens()
    {
        foreach (var name in NamedTokens)
        {
            if (Find(name) is { } value)
            {
                yield return value;
            }
        }

        if (Find("additional_special_tokens") is { ValueKind: JsonValueKind.Array } additional)
        {
            foreach (var value in additional.EnumerateArray())
            {
                yield return value;
            }
        }
    }

    /// <summary>Where the tokenizer's own files name no class, config.json does: by its tokenizer_class, else by its model_type.</summary>
    private string ClassOf(TokenizerFolder folder)
    {
        var named = String("tokenizer_class") ?? (folder.ModelClass is { } type ? TokenizerClasses.OfModelType(type) : string.Empty);
        return named.EndsWith("Fast", StringComparison.Ordinal) ? named[..^4] : named;
    }

    private void NoteConflicts()
    {
        foreach (var name in NamedTokens)
        {
            if (_objects[0].RootElement.TryGetProperty(name, out var one) && _objects[1].RootElement.TryGetProperty(name, out var two)
                && Content(one) is { } first && Content(two) is { } second && first != second)
            {
                var followed = Find("added_tokens_decoder") is null ? "special_tokens_map.json" : "tokenizer_config.json";
                Notes.Add($"{name} is '{PieceTable.Shown(first)}' in tokenizer_config.json and '{PieceTable.Shown(second)}' in special_tokens_map.json; {followed} is followed");
            }
        }
    }

    public static string? Content(JsonElement token) => token.ValueKind switch
    {
        JsonValueKind.String => token.GetString(),
        JsonValueKind.Object when token.TryGetProperty("content", out var content) => content.GetString(),
        _ => null,
    };
}
