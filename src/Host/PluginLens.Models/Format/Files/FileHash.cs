using System.Security.Cryptography;

namespace PluginLens.Models.Format.Files;

/// <summary>What a file is known by.</summary>
internal static class FileHash
{
    /// <summary>Sha-256 of a file, lower-case hex.</summary>
    /// <param name="path">A file that exists.</param>
    public static string Of(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
