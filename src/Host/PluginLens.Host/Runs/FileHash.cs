using System.Security.Cryptography;
using PluginLens.Files;

namespace PluginLens.Host;

/// <summary>Files that a result depends on beside model and prompts.</summary>
internal static class FileHash
{
    /// <summary>Sha-256 in lower-case hex, or null where there is no such file.</summary>
    /// <param name="path">A file.</param>
    public static string? Of(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        using var file = RegularFile.Open(path, SizeLimit.None);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>Hashes of the files that options name, by option.</summary>
    /// <param name="options">Values by name.</param>
    public static IReadOnlyDictionary<string, object?> OfOptions(IReadOnlyDictionary<string, object?> options) => options
        .Select(option => (option.Key, Hash: option.Value is string { Length: > 0 } path ? Of(path) : null))
        .Where(option => option.Hash is not null)
        .ToDictionary(option => option.Key, object? (option) => option.Hash);
}
