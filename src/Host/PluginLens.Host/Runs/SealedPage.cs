using System.Security.Cryptography;
using System.Text;
using PluginLens.Files;

namespace PluginLens.Host;

/// <summary>A page that ends with the hash of all before it: one that nobody has changed since is ours, and may go with its run.</summary>
public static class SealedPage
{
    private const string Before = "\n<!-- sha-256 ", After = " -->\n";
    private const int Length = 14 + 64 + 5;

    /// <summary>Ends a page.</summary>
    /// <param name="page">All that was written of it; can be read.</param>
    public static void Seal(Stream page)
    {
        ArgumentNullException.ThrowIfNull(page);
        page.Flush();
        page.Position = 0;
        var hash = SHA256.HashData(page);
        page.Write(Encoding.ASCII.GetBytes($"{Before}{Convert.ToHexStringLower(hash)}{After}"));
    }

    /// <summary>Whether a page is as it was written.</summary>
    /// <param name="path">A file, which need not exist.</param>
    public static bool IsWhole(string path)
    {
        if (new FileInfo(path) is not { Exists: true, LinkTarget: null, Length: > Length })
        {
            return false;
        }

        using var page = RegularFile.Open(path, SizeLimit.None);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (buffer, left) = (new byte[1 << 16], page.Length - Length);
        for (int read; left > 0 && (read = page.Read(buffer, 0, (int)Math.Min(buffer.Length, left))) > 0; left -= read)
        {
            hash.AppendData(buffer, 0, read);
        }

        var end = new byte[Length];
        return page.ReadAtLeast(end, Length, throwOnEndOfStream: false) == Length
            && Encoding.ASCII.GetString(end) == $"{Before}{Convert.ToHexStringLower(hash.GetHashAndReset())}{After}";
    }
}
