using System.Security.Cryptography;
using PluginLens.Files;

namespace PluginLens.Models.Format.Files;

/// <summary>What a file is known by.</summary>
internal static class FileHash
{
    private const int Part = 1 << 24;

    /// <summary>Sha-256 of a file, lower-case hex.</summary>
    /// <param name="path">A file that exists.</param>
    public static string Of(string path)
    {
        using var file = RegularFile.Open(path, SizeLimit.None);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>The same of a file that is at hand.</summary>
    /// <param name="content">All of it.</param>
    public static string Of(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>The same of a file that is mapped: the pages that are read now are at hand later.</summary>
    /// <param name="file">The file.</param>
    public static string Of(MappedFile file)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var at = 0L; at < file.Length; at += Part)
        {
            file.RequireWhole();
            hash.AppendData(file.Span(at, (int)Math.Min(Part, file.Length - at)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The beginning of a hash, for messages; what a damaged file says is one may be anything.</summary>
    /// <param name="hash">As found, or as written somewhere.</param>
    public static string Short(string hash) => hash[..Math.Min(12, hash.Length)].ReplaceLineEndings(" ");
}
