using System.Text.Json;

namespace PluginLens.Hub;

/// <summary>What a repository holds at one commit.</summary>
/// <param name="Commit">40 hex digits.</param>
/// <param name="Files">Its files.</param>
internal sealed record Listing(string Commit, IReadOnlyList<HubFile> Files)
{
    /// <summary>Reads the hub's answer; null where it is none.</summary>
    /// <param name="answer">JSON.</param>
    public static Listing? Read(ReadOnlyMemory<byte> answer)
    {
        try
        {
            using var json = JsonDocument.Parse(answer);
            var commit = Text(json.RootElement, "sha");
            return commit is { Length: 40 } && HubFile.IsId(commit)
                ? new Listing(commit, [.. json.RootElement.GetProperty("siblings").EnumerateArray().Select(File)])
                : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    /// <summary>A large file is known by its own hash, not by that of the pointer that git has of it.</summary>
    private static HubFile File(JsonElement entry)
    {
        var isLarge = entry.TryGetProperty("lfs", out var large) && large.ValueKind == JsonValueKind.Object;
        var id = isLarge ? Text(large, "sha256") : Text(entry, "blobId");
        return new HubFile(Text(entry, "rfilename") ?? throw new JsonException(), (isLarge ? Number(large, "size") : null) ?? Number(entry, "size"), HubFile.IsId(id) ? id : null);
    }

    private static string? Text(JsonElement of, string name) => of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number is >= 0 and <= HubFile.MostBytes ? number : null;
}
