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
                var token = AddedTokenJson.Read(entry.Value, id);
                table.Add(token.Content, id);
                found[id] = token;
            }
        }

        foreach (var entry in config.AddedIds?.EnumerateObject().ToArray() ?? [])
        {
            var id = entry.Value.GetInt32();
            table.Add(entry.Name, id);
            found.TryAdd(id, new(id, entry.Name, Special: false));
        }

        var named = false;
        foreach (var value in config.SpecialTokens())
        {
            named = true;
            if (TokenizerConfig.Content(value) is { } text && table.Id(text) is { } id)
            {
                var token = value.ValueKind == JsonValueKind.Object ? AddedTokenJson.Read(value, id) : new(id, text, true);
                found[id] = found.GetValueOrDefault(id, token) with { Special = true };
            }
        }

        if (!named && found.Count == 0)
        {
            foreach (var text in (string[])["<|endoftext|>", "<s>", "</s>", "<unk>", "<pad>", "<mask>", "[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"])
            {
                if (table.Id(text) is { } id)
                    found[id] = new(id, text, Special: true, LeftStrip: text == "<mask>");
            }
        }

        return [.. found.Values];
    }
}
