using System.Text.Json;
using static PluginLens.Tokenizers.TokenizerJsonReader;

namespace PluginLens.Tokenizers;

/// <summary>Where <c>tokenizer_config.json</c> and <c>tokenizer.json</c> speak of the same thing.</summary>
internal static class ConfigOverJson
{
    /// <summary>The classes of SentencePiece models put the marks around a text by their config; the others leave it to the file.</summary>
    public static void Marks(TokenizerConfig config, PieceTable table, List<int> prefix, List<int> suffix)
    {
        var heeds = TokenizerClasses.LikeLlama.Contains(config.TokenizerClass) || config.TokenizerClass == "GemmaTokenizer";
        var defaults = NamedIds.Defaults(config.TokenizerClass);
        Mark("add_bos_token", table.Id(config.Token("bos_token") ?? defaults.Bos), prefix);
        Mark("add_eos_token", table.Id(config.Token("eos_token") ?? defaults.Eos), suffix);

        void Mark(string name, int? id, List<int> ids)
        {
            if (config.Flag(name) is not { } wanted || wanted == (ids.Count > 0))
            {
                return;
            }

            var follows = heeds && id is not null && (wanted || ids.SequenceEqual([id.Value]));
            config.Notes.Add($"{name} is {(wanted ? "true" : "false")} in tokenizer_config.json, the post_processor of tokenizer.json says otherwise; {(follows ? "tokenizer_config.json" : "tokenizer.json")} is followed");
            if (!follows)
            {
                return;
            }

            ids.Clear();
            if (wanted)
            {
                ids.Add(id!.Value);
            }
        }
    }

    /// <summary>Says where the config is not followed.</summary>
    public static void Note(TokenizerConfig config, JsonElement root)
    {
        if (config.String("tokenizer_class") is { } name && !TokenizerClasses.IsKnown(config.TokenizerClass))
        {
            config.Notes.Add($"tokenizer_class '{PieceTable.Shown(name)}' is not known; tokenizer.json is followed");
        }

        var prepends = Optional(root, "normalizer")?.GetRawText().Contains("\"Prepend\"", StringComparison.Ordinal) == true;
        if (config.Flag("legacy") == false && prepends)
        {
            config.Notes.Add("legacy is false in tokenizer_config.json, tokenizer.json puts a space before every stretch of text; tokenizer.json is followed");
        }

        if (config.Flag("add_prefix_space") == false && prepends)
        {
            config.Notes.Add("add_prefix_space is false in tokenizer_config.json, tokenizer.json puts one before every stretch of text; tokenizer.json is followed");
        }
    }
}
