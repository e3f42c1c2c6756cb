using System.Text.Json;

namespace PluginLens.Tokenizers;

/// <summary>Reads an added token as the published files write it.</summary>
internal static class AddedTokenJson
{
    /// <summary>The token; null where its text is empty, which no text can hold.</summary>
    public static AddedToken? Read(JsonElement token, int? id = null)
    {
        bool Flag(string name) => token.TryGetProperty(name, out var value) && value.GetBoolean();
        var content = token.GetProperty("content").GetString();
        return content is null ? throw new InvalidDataException("Expected text for every added token, found null.")
            : content.Length == 0 ? null
            : new(id ?? token.GetProperty("id").GetInt32(), content, Flag("special"), Flag("normalized"), Flag("lstrip"), Flag("rstrip"), Flag("single_word"));
    }
}
