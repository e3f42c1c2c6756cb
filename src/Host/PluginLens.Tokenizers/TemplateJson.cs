using System.Text.Json;
using static PluginLens.Tokenizers.TokenizerJsonReader;

namespace PluginLens.Tokenizers;

/// <summary>Reads the <c>post_processor</c> of a <c>tokenizer.json</c>: the ids put around one text.</summary>
internal static class TemplateJson
{
    /// <param name="element">The stage, or null.</param>
    /// <param name="table">The vocabulary.</param>
    /// <param name="notes">Receives where its ids are not the vocabulary's.</param>
    public static (List<int> Prefix, List<int> Suffix) Read(JsonElement? element, PieceTable table, List<string> notes)
    {
        List<int> prefix = [];
        List<int> suffix = [];
        if (element is { } root)
        {
            Add(root, prefix, suffix, Seen);
        }

        return (prefix, suffix);

        void Seen(string? name, int id)
        {
            if (id < 0 || id >= table.Count)
            {
                throw new InvalidDataException($"Expected the post-processor's ids below {table.Count}, found {id}.");
            }

            if (table.Id(name) is { } known && known != id)
            {
                notes.Add($"tokenizer.json gives '{PieceTable.Shown(name!)}' the id {known} in its vocabulary and {id} in its post_processor; around a text it is {id}");
            }
        }
    }

    private static void Add(JsonElement element, List<int> prefix, List<int> suffix, Action<string?, int> seen)
    {
        switch (Type(element))
        {
            case "Sequence":
                foreach (var inner in element.GetProperty("processors").EnumerateArray())
                {
                    Add(inner, prefix, suffix, seen);
                }

                break;
            case "ByteLevel":
                break;
            case "BertProcessing" or "RobertaProcessing":
                var (cls, sep) = (element.GetProperty("cls"), element.GetProperty("sep"));
                seen(cls[0].GetString(), cls[1].GetInt32());
                seen(sep[0].GetString(), sep[1].GetInt32());
                prefix.Insert(0, cls[1].GetInt32());
                suffix.Add(sep[1].GetInt32());
                break;
            case "TemplateProcessing":
                Template(element, prefix, suffix, seen);
                break;
            case var other:
                throw Unknown("post_processor", other);
        }
    }

    private static void Template(JsonElement element, List<int> prefix, List<int> suffix, Action<string?, int> seen)
    {
        var before = new List<int>();
        var after = false;
        foreach (var step in element.GetProperty("single").EnumerateArray())
        {
            if (step.TryGetProperty("SpecialToken", out var special))
            {
                var name = special.GetProperty("id").GetString() ?? string.Empty;
                var ids = element.GetProperty("special_tokens").GetProperty(name).GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray();
                Array.ForEach(ids, id => seen(ids.Length == 1 ? name : null, id));
                (after ? suffix : before).AddRange(ids);
            }
            else if (step.TryGetProperty("Sequence", out _) && !after)
            {
                after = true;
            }
            else
            {
                throw new InvalidDataException($"Expected one Sequence and SpecialTokens in a template, found {PieceTable.Shown(step.GetRawText())}.");
            }
        }

        if (!after)
        {
            throw new InvalidDataException("Expected a Sequence in the template of one text, found none.");
        }

        prefix.InsertRange(0, before);
    }
}
