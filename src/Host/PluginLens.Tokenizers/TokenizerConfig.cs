using System.Text.Json;

namespace PluginLens.Tokenizers;

/// <summary>What <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c> say; both may be missing.</summary>
internal sealed class TokenizerConfig
{
    private readonly List<JsonElement> _objects = [];

    public TokenizerConfig(TokenizerFolder folder)
    {
        foreach (var name in (string[])["tokenizer_config.json", "special_tokens_map.json"])
        {
            if (folder.Find(name) is { } path)
                _objects.Add(TokenizerFiles.Guard(path, () => TokenizerFiles.Json(path)));
        }

        if (folder.Find("added_tokens.json") is { } added)
            AddedIds = TokenizerFiles.Guard(added, () => TokenizerFiles.Json(added));
        MergesPath = folder.Find("merges.txt");
    }

    /// <summary>Where <c>merges.txt</c> is, or null.</summary>
    public string? MergesPath { get; }

    /// <summary>What <c>added_tokens.json</c> holds, text to id, or null.</summary>
    public JsonElement? AddedIds { get; }

    /// <summary>The class that published the files (<c>GPT2Tokenizer</c>), without <c>Fast</c>; empty where nothing says.</summary>
    public string TokenizerClass => String("tokenizer_class")?.Replace("Fast", string.Empty, StringComparison.Ordinal) ?? string.Empty;

    public bool? Flag(string name) => Find(name) switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => null,
    };

    public int? Number(string name) => Find(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) ? number : null;

    public string? String(string name) => Find(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>Text of a named token (<c>bos_token</c>), whether written plain or as an object.</summary>
    public string? Token(string name) => Find(name) is { } value ? Content(value) : null;

    /// <summary>An object-valued entry, such as <c>added_tokens_decoder</c>.</summary>
    public JsonElement? Find(string name)
    {
        foreach (var root in _objects)
        {
            if (root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null)
                return value;
        }

        return null;
    }

    /// <summary>Every token that the files call special, in order: bos, eos, unk, sep, pad, cls, mask, additional ones.</summary>
    public IEnumerable<JsonElement> SpecialTokens()
    {
        foreach (var name in (string[])["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"])
        {
            if (Find(name) is { } value)
                yield return value;
        }

        if (Find("additional_special_tokens") is { ValueKind: JsonValueKind.Array } additional)
        {
            foreach (var value in additional.EnumerateArray())
                yield return value;
        }
    }

    public static string? Content(JsonElement token) => token.ValueKind switch
    {
        JsonValueKind.String => token.GetString(),
        JsonValueKind.Object when token.TryGetProperty("content", out var content) => content.GetString(),
        _ => null,
    };
}
