using System.Globalization;
using System.Text.Json;

namespace PluginLens.Tokenizers;

/// <summary>The tokens that a <c>tokenizer.json</c> adds to its vocabulary, and those that only the config beside it adds.</summary>
internal static class AddedTokensJson
{
    public static List<AddedToken> Read(JsonElement root, TokenizerConfig config, PieceTable table)
    {
        var added = new List<AddedToken>();
        foreach (var entry in TokenizerJsonReader.Optional(root, "added_tokens")?.EnumerateArray().ToArray() ?? [])
        {
            if (AddedTokenJson.Read(entry) is not { } token)
            {
                continue;
            }

            if (table.Id(token.Content) is { } known && known != token.Id)
            {
                config.Notes.Add($"tokenizer.json gives '{PieceTable.Shown(token.Content)}' the id {known} in its vocabulary and {token.Id} among its added tokens; the vocabulary is followed");
                token = token with { Id = known };
            }

            table.Add(token.Content, token.Id);
            foreach (var flag in (string[])["special", "normalized", "lstrip", "rstrip", "single_word"])
            {
                TokenizerJsonReader.Flag(entry, flag);
            }

            added.Add(token);
        }

        AddOfConfig(config, table, added);
        return added;
    }

    private static void AddOfConfig(TokenizerConfig config, PieceTable table, List<AddedToken> added)
    {
        if (config.Find("added_tokens_decoder") is not { ValueKind: JsonValueKind.Object } decoder)
        {
            return;
        }

        foreach (var entry in decoder.EnumerateObject())
        {
            if (!int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || AddedTokenJson.Read(entry.Value, id) is not { } token)
            {
                continue;
            }

            var known = table.Id(token.Content);
            if (known is { } other && other != id)
            {
                config.Notes.Add($"'{PieceTable.Shown(token.Content)}' is {other} in tokenizer.json and {id} in tokenizer_config.json; tokenizer.json is followed");
            }
            else if (added.All(one => one.Content != token.Content))
            {
                table.Add(token.Content, id);
                added.Add(token);
                config.Notes.Add($"'{PieceTable.Shown(token.Content)}' = {id} is added by tokenizer_config.json alone");
            }
        }
    }
}
