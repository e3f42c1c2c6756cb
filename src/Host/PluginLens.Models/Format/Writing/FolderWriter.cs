namespace PluginLens.Models.Format.Writing;

/// <summary>Writes a model folder beside its destination; it is put in place whole, or not at all.</summary>
internal sealed class FolderWriter : IDisposable
{
    private readonly string _destination;
    private bool _isPlaced;

    public FolderWriter(string destination, bool force)
    {
        _destination = Path.TrimEndingDirectorySeparator(Path.GetFullPath(destination));
        Refuse(_destination, force);
        var parent = Path.GetDirectoryName(_destination)!;
        Directory.CreateDirectory(parent);
        Folder = Path.Combine(parent, $".{Path.GetFileName(_destination)}.{Path.GetRandomFileName()}");
        Directory.CreateDirectory(Folder);
    }

    /// <summary>The folder beside the destination.</summary>
    public string Folder { get; }

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

    /// <summary>Moves the finished folder to its destination; an old one is removed only when the new one is there.</summary>
    public void Place()
    {
        var old = Folder + ".old";
        if (Directory.Exists(_destination))
        {
            Directory.Move(_destination, old);
        }

        try
        {
            Directory.Move(Folder, _destination);
        }
        catch (IOException) when (Directory.Exists(old))
        {
            Directory.Move(old, _destination);
            throw;
        }

        _isPlaced = true;
        if (Directory.Exists(old))
        {
            Directory.Delete(old, recursive: true);
        }
    }

    public void Dispose()
    {
        if (!_isPlaced && Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}
