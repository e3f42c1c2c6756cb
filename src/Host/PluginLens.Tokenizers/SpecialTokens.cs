using System.Globalization;
using System.Text.Json;

namespace PluginLens.Tokenizers;

/// <summary>The tokens to find in text where no <c>tokenizer.json</c> lists them.</summary>
internal static class SpecialTokens
{
    /// <summary>What the configs name; where they name none, the marks that published vocabularies use.</summary>
    /// <param name="config">The config files.</param>
    /// <param name="table">The vocabulary; tokens that come with their own ids are added to it.</param>
    public static IReadOnlyList<AddedToken> Find(TokenizerConfig config, PieceTable table)
    {
        var found = new Dictionary<int, AddedToken>();
        if (config.Find("added_tokens_decoder") is { ValueKind: JsonValueKind.Object } decoder)
        {
            foreach (var entry in decoder.EnumerateObject())
            {
                var id = int.Parse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture);
                if (AddedTokenJson.Read(entry.Value, id) is not { } token)
                {
                    continue;
                }

                table.Add(token.Content, id);
                found[id] = token;
            }
        }

        if (config.AddedIds is { } addedIds)
        {
            foreach (var entry in addedIds.EnumerateObject())
            {
                var id = entry.Value.GetInt32();
                if (entry.Name.Length == 0)
                {
                    continue;
                }

                table.Add(entry.Name, id);
                found.TryAdd(id, new(id, entry.Name, Special: false));
            }
        }

        var named = false;
        foreach (var value in config.SpecialTokens())
        {
            named = true;
            if (TokenizerConfig.Content(value) is { } text && table.Id(text) is { } id)
            {
                var token = (value.ValueKind == JsonValueKind.Object ? AddedTokenJson.Read(value, id) : null) ?? Plain(id, text);
                found[id] = (found.TryGetValue(id, out var known) ? known : token) with { Special = true };
            }
        }

        string[] others = config.TokenizerClass.Length > 0 ? OfClass(config)
            : !named && found.Count == 0 ? ["<|endoftext|>", "<s>", "</s>", "<unk>", "<pad>", "<mask>", "[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
            : [];
        foreach (var text in others)
        {
            if (table.Id(text) is { } id)
            {
                found.TryAdd(id, Plain(id, text));
            }
        }

        return [.. found.Values];
    }

    /// <summary>The classes make a mask written as plain text one that swallows the space before it.</summary>
    private static AddedToken Plain(int id, string text) => new(id, text, Special: true, LeftStrip: text == "<mask>");

    /// <summary>What the class takes for the tokens that the config leaves out.</summary>
    private static string[] OfClass(TokenizerConfig config)
    {
        var defaults = NamedIds.Defaults(config.TokenizerClass);
        string?[] marks = defaults.Unk switch
        {
            "[UNK]" when defaults.Bos is null => ["[CLS]", "[SEP]", "[MASK]"],
            "<unk>" or "[UNK]" when defaults is { Bos: "<s>", Pad: "<pad>" } => [null, null, "<mask>"],
            _ => [null, null, null],
        };
        string?[] texts = [defaults.Bos, defaults.Eos, defaults.Unk, defaults.Pad, .. marks];
        string[] names = ["bos_token", "eos_token", "unk_token", "pad_token", "cls_token", "sep_token", "mask_token"];
        return [.. texts.Where((_, role) => config.Token(names[role]) is null).OfType<string>()];
    }
}
