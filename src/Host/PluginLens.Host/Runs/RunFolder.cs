using System.Text;
using Newtonsoft.Json;
using PluginLens.Files;

namespace PluginLens.Host;

/// <summary>
/// The folder of one run: <c>run.json</c>, a file per table, <c>figures/</c>, files. It is written beside its place, under a lock that dies with its process, and takes its place at the end in one step:
/// what stands under its name is one whole run at any moment. A run that breaks off where an earlier one is kept goes beside it, to <c>NAME.incomplete</c>; tables of such a run are called <c>NAME.incomplete.csv</c>.
/// </summary>
public sealed class RunFolder : IDisposable
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private readonly List<string> _files = [];
    private readonly RunPlace _place;
    private readonly string _destination;
    private readonly string _staged;
    private readonly RunTables _tables;
    private readonly RunJournal? _journal;
    private FileStream? _lock;

    /// <summary>Begins beside the place; nothing there is touched yet.</summary>
    /// <param name="place">Where the run is to be kept.</param>
    /// <param name="identity">What its rows depend on, where it can be taken up again; else null.</param>
    /// <exception cref="UsageException">The place is taken, another run is being written there, or it cannot be written.</exception>
    public RunFolder(RunPlace place, string? identity = null)
    {
        place.Check();
        _destination = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(place.Path));
        var (parent, name) = (System.IO.Path.GetDirectoryName(_destination)!, System.IO.Path.GetFileName(_destination));
        (_place, _staged) = (place, System.IO.Path.Combine(parent, $".{name}.running"));
        try
        {
            Directory.CreateDirectory(parent);
            _lock = Locked(_staged + ".lock");
            FolderExchange.Recover(_staged, _destination);
            if (place.Resumes)
            {
                _journal = new BrokenOffRun(place.Path, _destination, _staged).TakeUp(identity);
            }
            else
            {
                SetAside();
                Directory.CreateDirectory(_staged);
            }

            _tables = new RunTables(_staged, place.Tables, identity, _journal);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Unlock();
            throw new UsageException($"--out '{place.Path}': {OneLine.Of(error.Message)}", error);
        }
        catch
        {
            Unlock();
            throw;
        }
    }

    /// <summary>Absolute path of its place.</summary>
    public string Path => _destination;

    /// <summary>Where it is in the end: its place, or beside it where it broke off and an earlier run keeps the place.</summary>
    public string Kept { get; private set; } = string.Empty;

    /// <summary>What the user should know of what was there before; null where nothing was.</summary>
    public string? Said { get; private set; }

    /// <summary>Prompts that an earlier run finished and this one goes on from.</summary>
    public int PromptsDone => _journal?.PromptsDone ?? 0;

    /// <summary>Files written so far, relative to the folder, with <c>/</c>.</summary>
    public IReadOnlyList<string> Files => _files;

    /// <inheritdoc/>
    public void Dispose()
    {
        _tables.Close();
        Unlock();
    }

    internal CsvRows OpenTable(TableData table) => _tables.Open(table);

    /// <summary>Remembers how far the tables are whole; on disk twice a second at most.</summary>
    internal void Mark(int promptsDone) => _tables.Mark(promptsDone);

    internal void WriteFigure(string name, Figure figure)
    {
        WriteFile($"figures/{name}.json", stream =>
        {
            using var writer = new StreamWriter(stream, Utf8, leaveOpen: true);
            using var json = new JsonTextWriter(writer) { Formatting = Formatting.Indented };
            FigureJson.Write(json, figure);
        });
        foreach (var (extension, draw) in _place.Pictures)
        {
            WriteFile($"figures/{name}.{extension}", stream => draw(figure, stream));
        }
    }

    internal void WriteFile(string name, Action<Stream> write)
    {
        var path = Full(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        try
        {
            using (var stream = new WrittenFile(path, FileMode.Create))
            {
                write(stream);
            }

            _files.Add(name);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Ends the run: closes and names the tables, writes <c>run.json</c> last, and takes the place.</summary>
    /// <param name="info">The provenance.</param>
    /// <exception cref="IOException">It could not be written; says where the rows are.</exception>
    internal void Finish(RunInfo info)
    {
        try
        {
            _files.AddRange(_tables.Finish(info.Status == RunStatus.Complete));
            WriteRunJson(info);
            Place(info.Status == RunStatus.Complete);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _tables.Close();
            throw new IOException($"{OneLine.Of(error.Message)}; what was computed is in '{(Kept.Length > 0 ? Kept : _staged)}'.", error);
        }
    }

    /// <summary>Ends a run that was asked for wrongly and found nothing: nothing of it stays.</summary>
    internal void Abandon()
    {
        _tables.Close();
        Directory.Delete(_staged, recursive: true);
    }

    private static FileStream Locked(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        }
        catch (IOException error) when (File.Exists(path))
        {
            throw new IOException("another run is being written there; wait for its end, or name another folder.", error);
        }
    }

    /// <summary>What a killed run left is kept, as a run that broke off, where it has rows.</summary>
    private void SetAside()
    {
        if (!Directory.Exists(_staged))
        {
            return;
        }

        if (Directory.EnumerateFiles(_staged, "*.csv").Any())
        {
            Said = $"a run that was killed left rows for '{_place.Path}': they are in '{Beside()}'.";
        }
        else
        {
            Directory.Delete(_staged, recursive: true);
        }
    }

    private void WriteRunJson(RunInfo info)
    {
        using var stream = new WrittenFile(Full("run.json"), FileMode.Create);
        using var writer = new StreamWriter(stream, Utf8);
        using var json = new JsonTextWriter(writer) { Formatting = Formatting.Indented };
        info.Write(json, _files, _files.ToDictionary(name => name, name => FileHash.Of(Full(name))!));
    }

    private void Place(bool complete)
    {
        // A run that broke off never takes the place of one that did not.
        if (!complete && Directory.Exists(_destination) && Directory.EnumerateFileSystemEntries(_destination).Any())
        {
            Kept = Beside();
            Said = $"'{_place.Path}' keeps the run that it held; what this one finished is in '{Kept}'.";
            return;
        }

        FolderExchange.Replace(_staged, _destination);
        Kept = _destination;
        if (Directory.Exists(_staged))
        {
            Said = ReplacedRun.Remove(_staged, _destination) is { } aside ? $"'{_place.Path}' held files that no run had written: they are in '{aside}'." : Said;
        }
    }

    /// <summary>Puts the staged folder beside the place; what broke off there before goes.</summary>
    private string Beside()
    {
        var beside = _destination + ".incomplete";
        if (Directory.Exists(beside))
        {
            Directory.Delete(beside, recursive: true);
        }

        Directory.Move(_staged, beside);
        return beside;
    }

    private string Full(string name) => System.IO.Path.Combine(_staged, name);

    private void Unlock()
    {
        _lock?.Dispose();
        _lock = null;
    }
}
