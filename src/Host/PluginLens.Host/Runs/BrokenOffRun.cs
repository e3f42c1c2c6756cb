namespace PluginLens.Host;

/// <summary>A run that broke off and is gone on with: its folder goes where the new one is written, cut to what its journal says.</summary>
/// <param name="place">As the user named it, for messages.</param>
/// <param name="destination">The place, absolute.</param>
/// <param name="staged">Where the new run is written.</param>
internal sealed class BrokenOffRun(string place, string destination, string staged)
{
    /// <summary>Takes it up.</summary>
    /// <param name="identity">What the rows of the new run depend on; null = it cannot be taken up.</param>
    /// <returns>How far it had come.</returns>
    /// <exception cref="UsageException">There is none, or it was run otherwise.</exception>
    public RunJournal TakeUp(string? identity)
    {
        if (identity is null)
        {
            throw new UsageException("--resume: this run cannot be taken up again: the analysis needs all prompts together, or several models, or runs in a process of its own.");
        }

        var (source, journal) = new[] { staged, destination, destination + ".incomplete" }.Select(folder => (Folder: folder, Journal: RunJournal.Read(folder))).FirstOrDefault(found => found.Journal is not null);
        if (journal is null)
        {
            throw new UsageException($"--resume: nothing that broke off was found for '{place}'; run it without --resume.");
        }

        if (journal.Identity != identity)
        {
            throw new UsageException($"--resume: what broke off in '{source}' was run otherwise (analysis, options, model, prompts or seed); type it as it was, or begin anew with --force.");
        }

        if (source != staged)
        {
            if (Directory.Exists(staged))
            {
                Directory.Delete(staged, recursive: true);
            }

            Directory.Move(source, staged);
        }

        foreach (var (table, mark) in journal.Tables)
        {
            Cut(table, mark);
        }

        foreach (var other in Directory.GetFileSystemEntries(staged).Where(path => !journal.Tables.ContainsKey(Path.GetFileNameWithoutExtension(path)) && Path.GetFileName(path) != RunJournal.FileName))
        {
            Delete(other);
        }

        return journal;
    }

    private static void Delete(string path)
    {
        if (Directory.Exists(path) && new DirectoryInfo(path).LinkTarget is null)
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
        }
    }

    private void Cut(string table, RunJournal.Mark mark)
    {
        var (path, incomplete) = (Path.Combine(staged, $"{table}.csv"), Path.Combine(staged, $"{table}.incomplete.csv"));
        if (File.Exists(incomplete))
        {
            File.Move(incomplete, path, overwrite: true);
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        if (file.Length < mark.Bytes)
        {
            throw new UsageException($"--resume: '{path}' is shorter than it was; begin anew with --force.");
        }

        file.SetLength(mark.Bytes);
    }
}
