using System.Text.Json;
using PluginLens.Tests.Shared;

namespace PluginLens.Tokenizers.Tests;

/// <summary>Folders of published files with what the publisher's own library makes of some texts.</summary>
internal static class GoldenTokenizers
{
    public static readonly string Root = Path.Combine(Repository.Root, "tests", "Golden", "tokenizers");

    /// <summary>One line of a golden file.</summary>
    public sealed record Line(string Text, int[] Ids, int[] IdsWithSpecial, string[] Tokens, string Decoded);

    public static IEnumerable<Line> Lines(string folder, string file = "golden_shared.jsonl")
    {
        foreach (var line in File.ReadLines(Path.Combine(Root, folder, file)))
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            yield return new(
                root.GetProperty("text").GetString()!,
                Numbers(root.GetProperty("ids_no_special")),
                Numbers(root.GetProperty("ids_with_special")),
                [.. root.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()!)],
                root.GetProperty("decoded").GetString()!);
        }
    }

    private static int[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(id => id.GetInt32())];
}
