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

    /// <summary>The same of a text that may be a file's name; null for what is no regular file or cannot be read.</summary>
    private static string? OfAny(string path)
    {
        try
        {
            return Of(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Hashes of the files that options name, by option.</summary>
    /// <param name="options">Values by name.</param>
    public static IReadOnlyDictionary<string, object?> OfOptions(IReadOnlyDictionary<string, object?> options)
    {
        var hashes = new Dictionary<string, object?>();
        foreach (var (option, value) in options)
        {
            if (value is string { Length: > 0 } path && OfAny(path) is { } hash)
            {
                hashes.Add(option, hash);
            }
        }

        return hashes;
    }
}
