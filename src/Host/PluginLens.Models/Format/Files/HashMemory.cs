using System.Security.Cryptography;
using System.Text;
using PluginLens.Files;

namespace PluginLens.Models.Format.Files;

/// <summary>
/// Hashes of large files, kept so that an unchanged file is read once: for each path a small file that holds path, stamp, hash and a hash of all this. Any difference
/// makes an entry worthless, and a file that changed a moment ago is not remembered: its next change might leave the same times.
/// </summary>
/// <param name="folder">Where the entries lie, made when the first is written; null = nothing is remembered.</param>
/// <param name="clock">Tells how long ago a file changed.</param>
internal sealed class HashMemory(string? folder, TimeProvider? clock = null)
{
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);

    /// <summary>Sha-256 of a file, lower-case hex.</summary>
    /// <param name="file">The file, mapped.</param>
    /// <param name="accepts">Whether a remembered hash will do; where not, the file is read.</param>
    public string Of(MappedFile file, Func<string, bool> accepts)
    {
        var stamp = FileStamp.Of(file.Path);
        if (Recall(file.Path, stamp) is { } known && accepts(known))
        {
            return known;
        }

        var hash = FileHash.Of(file);
        if ((clock ?? TimeProvider.System).GetUtcNow() - stamp.Changed > Settled && FileStamp.Of(file.Path) == stamp)
        {
            Remember(file.Path, stamp, hash);
        }

        return hash;
    }

    private static string Head(string path, FileStamp stamp) => $"{path}\n{stamp.Text}\n";

    private static string Entry(string path, FileStamp stamp, string hash) => $"{Head(path, stamp)}{hash}\n{Hashed(Head(path, stamp) + hash)}\n";

    private static string Hashed(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private string? Place(string path) => folder is null ? null : Path.Combine(folder, Hashed(path));

    private string? Recall(string path, FileStamp stamp)
    {
        try
        {
            var head = Head(path, stamp);
            return Place(path) is { } place && File.Exists(place) && RegularFile.Text(place, SizeLimit.Line) is var text && text.StartsWith(head, StringComparison.Ordinal)
                && text[head.Length..].Split('\n')[0] is var hash && text == Entry(path, stamp, hash) ? hash : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Written beside and renamed, so that an entry is whole or absent. A folder that cannot be written is no failure.</summary>
    private void Remember(string path, FileStamp stamp, string hash)
    {
        if (Place(path) is not { } place)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(folder!);
            var beside = $"{place}.{Guid.NewGuid():N}.tmp";
            File.WriteAllText(beside, Entry(path, stamp, hash));
            File.Move(beside, place, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Hashed again next time.
        }
    }
}
