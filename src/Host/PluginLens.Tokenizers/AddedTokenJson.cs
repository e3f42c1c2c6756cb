using System.Text.Json;

namespace PluginLens.Tokenizers;

/// <summary>Reads an added token as the published files write it.</summary>
internal static class AddedTokenJson
{
    public static AddedToken Read(JsonElement token, int? id = null)
    {
        bool Flag(string name) => token.TryGetProperty(name, out var value) && value.GetBoolean();
        var content = token.GetProperty("content").GetString();
        if (string.IsNullOrEmpty(content))
            throw new InvalidDataException("Expected text for every added token, found an empty one.");
        return new(id ?? token.GetProperty("id").GetInt32(), content, Flag("special"), Flag("normalized"), Flag("lstrip"), Flag("rstrip"), Flag("single_word"));
    }
}
