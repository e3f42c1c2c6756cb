using PluginLens.Files;

namespace PluginLens.Hub;

/// <summary>
/// One repository in the cache that the usual clients share: <c>refs/REVISION</c> holds a commit, <c>blobs/ID</c> a content, <c>snapshots/COMMIT/PATH</c> is a link to a blob, or
/// the content itself where links cannot be made.
/// </summary>
/// <param name="cache">Folder of the cache.</param>
/// <param name="repository">The repository.</param>
/// <param name="makesLinks">Whether links are wanted.</param>
internal sealed class HubCache(string cache, RepositoryName repository, bool makesLinks)
{
    /// <summary>The repository's folder.</summary>
    public string Folder { get; } = Path.Combine(cache, repository.Folder);

    /// <summary>Where a content lies once it is whole.</summary>
    /// <param name="id">What it is known by.</param>
    public string Blob(string id) => Path.Combine(Folder, "blobs", id);

    /// <summary>The folder of a commit.</summary>
    /// <param name="commit">40 hex digits.</param>
    public string Snapshot(string commit) => Path.Combine(Folder, "snapshots", commit);

    /// <summary>Where a file of a commit lies.</summary>
    /// <param name="commit">40 hex digits.</param>
    /// <param name="file">The file; its path is plain.</param>
    public string PathOf(string commit, HubFile file) => Path.Combine(Snapshot(commit), file.Path.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>Whether a file of a commit is there, and as long as it should be.</summary>
    /// <param name="commit">40 hex digits.</param>
    /// <param name="file">The file.</param>
    public bool Has(string commit, HubFile file) => IsWhole(PathOf(commit, file), file.Size);

    /// <summary>Whether a content is there, and as long as it should be.</summary>
    /// <param name="file">The file; its id and size are known.</param>
    public bool HasBlob(HubFile file) => IsWhole(Blob(file.Id!), file.Size);

    /// <summary>What a revision meant when somebody asked last; null where nobody did.</summary>
    /// <param name="asked">Repository and revision.</param>
    public string? Commit(Asked asked)
    {
        var reference = Reference(asked.Revision);
        var commit = asked.IsCommit ? asked.Revision : File.Exists(reference) ? RegularFile.Text(reference, SizeLimit.Line).Trim() : null;
        return HubFile.IsId(commit) && Directory.Exists(Snapshot(commit!)) ? commit : null;
    }

    /// <summary>Remembers what a revision means.</summary>
    /// <param name="asked">Repository and revision.</param>
    /// <param name="commit">The commit.</param>
    public void Remember(Asked asked, string commit)
    {
        if (!asked.IsCommit)
        {
            Write(Reference(asked.Revision), path => File.WriteAllText(path, commit));
        }
    }

    /// <summary>The files of a commit that are there.</summary>
    /// <param name="commit">The commit.</param>
    public IReadOnlyList<HubFile> Files(string commit) => [.. Directory.EnumerateFiles(Snapshot(commit), "*", SearchOption.AllDirectories).Where(File.Exists)
        .Select(path => new HubFile(Path.GetRelativePath(Snapshot(commit), path).Replace(Path.DirectorySeparatorChar, '/'), RegularFile.Length(path), null)).OrderBy(file => file.Path, StringComparer.Ordinal)];

    /// <summary>Gives a content that is there its place in a commit.</summary>
    /// <param name="commit">The commit.</param>
    /// <param name="file">The file.</param>
    /// <param name="isNew">Whether nothing else uses the content yet: it is moved where links cannot be made.</param>
    public void Link(string commit, HubFile file, bool isNew)
    {
        var (path, blob) = (PathOf(commit, file), Blob(file.Id!));
        if (makesLinks)
        {
            try
            {
                Write(path, link => File.CreateSymbolicLink(link, Path.GetRelativePath(Path.GetDirectoryName(path)!, blob)));
                return;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or PlatformNotSupportedException && !Has(commit, file))
            {
                // No links here: Windows without the right to make them, or a file system without any.
            }
        }

        Write(path, beside =>
        {
            if (isNew)
            {
                File.Move(blob, beside);
            }
            else
            {
                File.Copy(blob, beside);
            }
        });
    }

    private static bool IsWhole(string path, long? size) => File.Exists(path) && (size is null || RegularFile.Length(path) == size);

    /// <summary>Writes beside and renames: what has the name is whole.</summary>
    private static void Write(string path, Action<string> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var beside = $"{path}.{Path.GetRandomFileName()}";
        try
        {
            write(beside);
            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }

    private string Reference(string revision) => Path.Combine(Folder, "refs", revision.Replace('/', Path.DirectorySeparatorChar));
}
