using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using PluginLens.Tests.Shared;

namespace PluginLens.Import.Tests.Gguf;

/// <summary>The golden GGUF files.</summary>
internal static class GoldenGguf
{
    public static string Folder { get; } = Path.Combine(Repository.Root, "tests", "Golden", "gguf");

    /// <summary>Names of the whole models.</summary>
    public static IEnumerable<string> Models =>
        Directory.GetFiles(Path.Combine(Folder, "models"), "*.gguf").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal);

    public static string Model(string name, string ending = "gguf") => Path.Combine(Folder, "models", $"{name}.{ending}");

    /// <summary>Unpacks an archive beside the tests' temporary files.</summary>
    public static DirectoryInfo Unpack(string archive)
    {
        var folder = Directory.CreateTempSubdirectory("pluginlens-gguf-");
        ZipFile.ExtractToDirectory(Path.Combine(Folder, archive), folder.FullName);
        return folder;
    }

    /// <summary>SHA-256 of float32 values, little-endian.</summary>
    public static string Hash(ReadOnlySpan<float> values) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(values)));
}
