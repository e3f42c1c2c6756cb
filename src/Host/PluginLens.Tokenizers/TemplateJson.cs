using System.Text.Json;
using static PluginLens.Tokenizers.TokenizerJsonReader;

namespace PluginLens.Tokenizers;

/// <summary>Reads the <c>post_processor</c> of a <c>tokenizer.json</c>: the ids put around one text.</summary>
internal static class TemplateJson
{
    public static (List<int> Prefix, List<int> Suffix) Read(JsonElement? element)
    {
        List<int> prefix = [];
        List<int> suffix = [];
        if (element is { } root)
            Add(root, prefix, suffix);
        return (prefix, suffix);
    }

    private static void Add(JsonElement element, List<int> prefix, List<int> suffix)
    {
        switch (Type(element))
        {
            case "Sequence":
                foreach (var inner in element.GetProperty("processors").EnumerateArray())
                    Add(inner, prefix, suffix);
                break;
            case "ByteLevel":
                break;
            case "BertProcessing" or "RobertaProcessing":
                prefix.Insert(0, element.GetProperty("cls")[1].GetInt32());
                suffix.Add(element.GetProperty("sep")[1].GetInt32());
                break;
            case "TemplateProcessing":
                Template(element, prefix, suffix);
                break;
            case var other:
                throw Unknown("post_processor", other);
        }
    }

    private static void Template(JsonElement element, List<int> prefix, List<int> suffix)
    {
        var before = new List<int>();
        var seen = false;
        foreach (var step in element.GetProperty("single").EnumerateArray())
        {
            if (step.TryGetProperty("SpecialToken", out var special))
            {
                var name = special.GetProperty("id").GetString() ?? string.Empty;
                var ids = element.GetProperty("special_tokens").GetProperty(name).GetProperty("ids").EnumerateArray().Select(id => id.GetInt32());
                (seen ? suffix : before).AddRange(ids);
            }
            else
            {
                seen = true;
            }
        }

        prefix.InsertRange(0, before);
    }
}
