using System.Text;

namespace PluginLens.Files;

/// <summary>
/// A folder that is written beside the name that it gets in the end, under a lock that dies with its process: whoever stages a folder in the same place later knows by the lock what a killed process
/// left, brings back what it took away, and removes the rest.
/// </summary>
public sealed class StagedFolder : IDisposable
{
    private const string Ending = ".lock";
    private const string Mark = "PluginLens writes a folder here for ";
    private readonly string _destination;
    private readonly FileStream _lock;

    /// <summary>Removes what killed processes left beside the destination and makes an empty folder there.</summary>
    /// <param name="destination">The name that it gets; nothing there is touched yet.</param>
    public StagedFolder(string destination)
    {
        _destination = Path.TrimEndingDirectorySeparator(Path.GetFullPath(destination));
        var (parent, name) = (Path.GetDirectoryName(_destination)!, Path.GetFileName(_destination));
        Directory.CreateDirectory(parent);
        Removed = Clean(parent);
        Folder = Path.Combine(parent, $".{name}.{Path.GetRandomFileName()}");
        _lock = new FileStream(Folder + Ending, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        _lock.Write(Encoding.UTF8.GetBytes($"{Mark}{name}\n"));
        Directory.CreateDirectory(Folder);
    }

    /// <summary>The folder beside the destination.</summary>
    public string Folder { get; }

    /// <summary>What killed processes had left and is gone: folders by name.</summary>
    public IReadOnlyList<string> Removed { get; }

    /// <summary>Puts the folder under its name; what stood there goes.</summary>
    public void Place()
    {
        FolderExchange.Replace(Folder, _destination);
        Delete(Folder);
    }

    /// <summary>Removes the folder where it was not placed.</summary>
    public void Dispose()
    {
        try
        {
            Delete(Folder);
        }
        finally
        {
            _lock.Dispose();
        }
    }

    private static List<string> Clean(string parent)
    {
        var removed = new List<string>();
        foreach (var path in Directory.GetFiles(parent, ".*" + Ending).Order(StringComparer.Ordinal))
        {
            try
            {
                if (FileType.Other(path) is null && new FileInfo(path).LinkTarget is null)
                {
                    Clean(parent, path, removed);
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Its process lives, or it is another user's.
            }
        }

        return removed;
    }

    private static void Clean(string parent, string path, List<string> removed)
    {
        using var held = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        var (staged, bytes) = (path[..^Ending.Length], new byte[SizeLimit.Line]);
        var text = Encoding.UTF8.GetString(bytes, 0, held.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)).TrimEnd('\n');
        var name = text.StartsWith(Mark, StringComparison.Ordinal) ? text[Mark.Length..] : string.Empty;
        if (name.Length == 0 || Path.GetFileName(name) != name || !Path.GetFileName(staged).StartsWith($".{name}.", StringComparison.Ordinal))
        {
            return; // Somebody else's.
        }

        FolderExchange.Recover(staged, Path.Combine(parent, name));
        if (Directory.Exists(staged))
        {
            Delete(staged);
            removed.Add(Path.GetFileName(staged));
        }

        File.Delete(path);
    }

    private static void Delete(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
