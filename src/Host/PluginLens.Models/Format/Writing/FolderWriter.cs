using PluginLens.Files;

namespace PluginLens.Models.Format.Writing;

/// <summary>Writes a model folder beside its destination; it is put in place whole, or not at all.</summary>
internal sealed class FolderWriter : IDisposable
{
    private readonly StagedFolder _staged;

    public FolderWriter(string destination, bool force)
    {
        Refuse(destination, force);
        _staged = Staged(destination);
        try
        {
            // Once more: what a killed process had taken away may be back.
            Refuse(destination, force);
        }
        catch
        {
            _staged.Dispose();
            throw;
        }
    }

    /// <summary>The folder beside the destination.</summary>
    public string Folder => _staged.Folder;

    /// <summary>What the user should know of what was found beside the destination.</summary>
    public IEnumerable<string> Notes => _staged.Removed.Select(name => $"removed '{name}', which an import or export that was killed had left");

    /// <summary>Checks the destination before any work is done.</summary>
    /// <param name="destination">Where the model is to be written.</param>
    /// <param name="force">Whether an existing model folder is replaced.</param>
    public static void Refuse(string destination, bool force)
    {
        if (File.Exists(destination))
        {
            throw new ModelException($"'{destination}' is a file; give a folder to write the model to.");
        }

        if (!Directory.Exists(destination))
        {
            return;
        }

        if (!File.Exists(Path.Combine(destination, FolderFiles.Graph)) && Directory.EnumerateFileSystemEntries(destination).Any())
        {
            throw new ModelException($"'{destination}' exists and is not a model folder; it is left alone. Give another folder.");
        }

        if (!force)
        {
            throw new ModelException($"'{destination}' exists; give another folder, or --force to replace it.");
        }
    }

    private static StagedFolder Staged(string destination)
    {
        try
        {
            return new StagedFolder(destination);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"'{destination}' cannot be written: {error.Message} Give another folder.", error);
        }
    }

    /// <summary>Puts the finished folder in the place of its destination in one step; killed at any moment it leaves the old one there or the new one.</summary>
    public void Place() => _staged.Place();

    public void Dispose() => _staged.Dispose();
}
