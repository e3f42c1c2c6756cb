using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace PluginLens.Host;

/// <summary>
/// The folder of one run: <c>run.json</c>, a CSV file per table, <c>figures/</c>, files. Everything is written under a name ending in
/// <c>.partial</c> and renamed when it is whole; tables of a run that broke off are called <c>NAME.incomplete.csv</c>.
/// </summary>
public sealed class RunFolder : IDisposable
{
    private const string Partial = ".partial";
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private readonly List<(TableData Table, CsvRows Csv, string Path)> _tables = [];
    private readonly List<string> _files = [];
    private readonly HashSet<string> _earlier;
    private bool _finished;

    /// <summary>Makes the folder. Files of an earlier run in it are replaced; files that no run wrote stay.</summary>
    /// <param name="path">The folder.</param>
    public RunFolder(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(Path);
            _earlier = FilesOfEarlierRun();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--out '{path}': {OneLine.Of(error.Message)}", error);
        }
    }

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>Files written so far, relative to the folder, with <c>/</c>.</summary>
    public IReadOnlyList<string> Files => _files;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, csv, _) in _tables)
        {
            csv.Dispose();
        }

        _tables.Clear();
    }

    internal CsvRows OpenTable(TableData table)
    {
        var path = Full($"{table.Name}.csv");
        var csv = new CsvRows(new StreamWriter(path + Partial, append: false, Utf8), table.Columns);
        _tables.Add((table, csv, path));
        return csv;
    }

    internal void WriteFigure(string name, Figure figure) => WriteFile($"figures/{name}.json", stream =>
    {
        using var writer = new StreamWriter(stream, Utf8, leaveOpen: true);
        using var json = new JsonTextWriter(writer) { Formatting = Formatting.Indented };
        FigureJson.Write(json, figure);
    });

    internal void WriteFile(string name, Action<Stream> write)
    {
        var path = Full(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        try
        {
            using (var stream = new FileStream(path + Partial, FileMode.Create, FileAccess.ReadWrite))
            {
                write(stream);
            }

            Commit(name);
        }
        catch
        {
            File.Delete(path + Partial);
            throw;
        }
    }

    /// <summary>Ends the run: closes and names the tables, removes what an earlier run left, writes <c>run.json</c> last.</summary>
    /// <param name="info">The provenance.</param>
    internal void Finish(RunInfo info)
    {
        if (_finished)
        {
            return;
        }

        _finished = true;
        var tables = _tables.ToList();
        Dispose();
        foreach (var (table, _, path) in tables)
        {
            var name = table.Complete ? $"{table.Name}.csv" : $"{table.Name}.incomplete.csv";
            File.Move(path + Partial, Full(name), overwrite: true);
            _files.Add(name);
        }

        foreach (var old in _earlier.Except(_files))
        {
            File.Delete(Full(old));
        }

        WriteFile("run.json", stream =>
        {
            using var writer = new StreamWriter(stream, Utf8, leaveOpen: true);
            using var json = new JsonTextWriter(writer) { Formatting = Formatting.Indented };
            info.Write(json, _files);
        });
    }

    /// <summary>Ends a run that was asked for wrongly and found nothing: the folder stays as it was before, an earlier run in it included.</summary>
    internal void Abandon()
    {
        var partial = _tables.Select(table => table.Path + Partial).ToList();
        Dispose();
        partial.ForEach(File.Delete);
        if (!Directory.EnumerateFileSystemEntries(Path).Any())
        {
            Directory.Delete(Path);
        }
    }

    private string Full(string name) => System.IO.Path.Combine(Path, name);

    private void Commit(string name)
    {
        File.Move(Full(name) + Partial, Full(name), overwrite: true);
        if (name != "run.json")
        {
            _files.Add(name);
        }
    }

    /// <summary>What the run.json of an earlier run lists; names that leave the folder are not believed.</summary>
    private HashSet<string> FilesOfEarlierRun()
    {
        try
        {
            var files = JObject.Parse(File.ReadAllText(Full("run.json")))["files"] as JArray ?? [];
            return [.. files.Values<string>().OfType<string>().Where(IsOurs)];
        }
        catch (Exception error) when (error is FileNotFoundException or JsonException or InvalidCastException)
        {
            return [];
        }
    }

    /// <summary>A file of the folder itself, of figures/, or of a model that had its turn.</summary>
    private static bool IsOurs(string name) => name.Split('/') is { Length: <= 2 } parts && parts.All(ResultNames.IsFileName);
}
