using System.Security.Cryptography;
using System.Text;

namespace PluginLens.Hub;

/// <summary>
/// A content that is being fetched: a file beside its blob, named by what it will be and by this machine, and held by one process. The system lets go of it when the
/// process ends, however it ends; the next one goes on with it. Where the file system's locks do not hold, the file has a name that no other process takes.
/// </summary>
internal sealed class PartFile : IDisposable
{
    private const string Ending = ".part";

    /// <summary>What another machine has not written to for so long is left over: it would have given up.</summary>
    private static readonly TimeSpan Abandoned = TimeSpan.FromMinutes(30);

    // Windows renames an open file only where it is shared for that; elsewhere anything but None is a shared lock.
    private static readonly FileShare Share = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None;
    private static readonly string Machine = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Environment.MachineName)))[..8];
    private readonly string _path;

    private PartFile(string path, FileStream stream) => (_path, Stream) = (path, stream);

    /// <summary>Its content so far.</summary>
    public FileStream Stream { get; }

    /// <summary>How much of a content lies here from an earlier try.</summary>
    /// <param name="blob">Where the whole will lie.</param>
    public static long LengthOf(string blob) => new FileInfo(Own(blob)) is { Exists: true } file ? file.Length : 0;

    /// <summary>Takes hold of the part of a content; null where another process has it.</summary>
    /// <param name="blob">Where the whole will lie.</param>
    public static PartFile? TryHold(string blob)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
        var path = Own(blob);
        if (Open(path) is not { } stream)
        {
            return null;
        }

        if (!File.Exists(path))
        {
            // It was put in place between being opened and being locked.
            stream.Dispose();
            return null;
        }

        if (Open(path) is { } second)
        {
            second.Dispose();
            stream.Dispose();
            RemoveIfEmpty(path);
            path = $"{blob}.{Machine}-{Environment.ProcessId}-{Path.GetRandomFileName()}{Ending}";
            stream = Open(path)!;
        }

        return new PartFile(path, stream);
    }

    /// <summary>Other machines, or containers of this one that are gone, may have left more of it. Their files are copied, never written to: they might live after all.</summary>
    /// <param name="blob">Where the whole will lie.</param>
    public void TakeUp(string blob)
    {
        var left = new DirectoryInfo(Path.GetDirectoryName(blob)!).EnumerateFiles($"{Path.GetFileName(blob)}.*{Ending}")
            .Where(file => file.Name != Path.GetFileName(_path) && DateTime.UtcNow - file.LastWriteTimeUtc > Abandoned).OrderByDescending(file => file.Length).ToList();
        foreach (var file in left)
        {
            try
            {
                if (file.Length > Stream.Length)
                {
                    using var content = file.OpenRead();
                    Clear();
                    content.CopyTo(Stream);
                }

                file.Delete();
            }
            catch (IOException error) when (error is FileNotFoundException || IsHeld(error))
            {
                // Another process was quicker, or lives.
            }
        }
    }

    /// <summary>Forgets what there is.</summary>
    public void Clear() => Stream.SetLength(0);

    /// <summary>Puts the whole content in place; false where somebody took it away.</summary>
    /// <param name="blob">Where it belongs.</param>
    public bool Place(string blob)
    {
        // What is renamed before it is on the disk can be found empty after a power cut.
        Stream.Flush(flushToDisk: true);
        try
        {
            File.Move(_path, blob, overwrite: true);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Removes the file.</summary>
    public void Delete() => File.Delete(_path);

    /// <inheritdoc/>
    public void Dispose() => Stream.Dispose();

    private static string Own(string blob) => $"{blob}.{Machine}{Ending}";

    private static FileStream? Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, Share, bufferSize: 0);
        }
        catch (IOException error) when (IsHeld(error))
        {
            return null;
        }
    }

    private static void RemoveIfEmpty(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: 0 })
        {
            File.Delete(path);
        }
    }

    /// <summary>The system's number for a file that another has: of a lock on Linux and on macOS, of sharing on Windows.</summary>
    private static bool IsHeld(IOException error) => error.HResult is 11 or 35 or unchecked((int)0x80070020);
}
