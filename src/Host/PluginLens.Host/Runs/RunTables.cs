using System.Text;
using PluginLens.Files;

namespace PluginLens.Host;

/// <summary>
/// The tables of a run in its folder: a CSV file each while the run goes on, and marks that say how far they are whole, so that the run can be taken up again; at the end they get the names and the formats
/// that they keep.
/// </summary>
/// <param name="folder">Where they are written.</param>
/// <param name="format">What they are in the end.</param>
/// <param name="identity">What the rows depend on, where the run can be taken up again; else null.</param>
/// <param name="journal">How far an earlier run came; null where this one begins.</param>
internal sealed class RunTables(string folder, TableFormat format, string? identity, RunJournal? journal)
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private static readonly TimeSpan BetweenMarks = TimeSpan.FromSeconds(0.5);
    private readonly List<(TableData Table, CsvRows Csv, FileStream File)> _tables = [];
    private DateTime _marked;
    private readonly RunJournal? _journal = journal;
    private RunJournal? _mark = journal;

    /// <summary>Begins a table, or goes on with it.</summary>
    /// <param name="table">Its columns, and its rows so far.</param>
    public CsvRows Open(TableData table)
    {
        var mark = _journal?.Tables.GetValueOrDefault(table.Name);
        var file = new WrittenFile(Full($"{table.Name}.csv"), mark is null ? FileMode.Create : FileMode.Open, buffer: 1 << 16);
        if (mark is not null)
        {
            file.Seek(0, SeekOrigin.End);
            table.Begin(mark.Rows);
        }

        var csv = new CsvRows(new StreamWriter(file, Utf8), table.Columns, writesHeader: mark is null);
        _tables.Add((table, csv, file));
        return csv;
    }

    /// <summary>Remembers how far the tables are whole; on disk twice a second at most.</summary>
    /// <param name="promptsDone">Prompts whose rows are all there.</param>
    public void Mark(int promptsDone)
    {
        if (identity is null)
        {
            return;
        }

        foreach (var (_, csv, _) in _tables)
        {
            csv.Flush();
        }

        _mark = new RunJournal
        {
            Identity = identity,
            PromptsDone = promptsDone,
            Tables = _tables.ToDictionary(entry => entry.Table.Name, entry => new RunJournal.Mark(entry.File.Position, entry.Table.Count)),
        };
        if (DateTime.UtcNow - _marked >= BetweenMarks)
        {
            WriteMark();
        }
    }

    /// <summary>Closes and names the tables; the last mark stays beside those of a run that broke off.</summary>
    /// <param name="complete">Whether the run is whole.</param>
    /// <returns>Names of their files.</returns>
    public IReadOnlyList<string> Finish(bool complete)
    {
        if (complete)
        {
            File.Delete(Full(RunJournal.FileName));
        }
        else if (_mark is not null)
        {
            WriteMark();
        }

        var names = new List<string>();
        foreach (var (table, csv, _) in _tables)
        {
            csv.Dispose();
            names.AddRange(Named(table));
        }

        _tables.Clear();
        return names;
    }

    /// <summary>Closes the files as they are.</summary>
    public void Close()
    {
        foreach (var (_, csv, file) in _tables)
        {
            try
            {
                csv.Dispose();
            }
            catch (IOException)
            {
                // The disk is full: what was written stays.
                file.SafeFileHandle.Dispose();
            }
        }

        _tables.Clear();
    }

    private void WriteMark()
    {
        foreach (var (_, _, file) in _tables)
        {
            file.Flush();
        }

        _mark!.Write(folder);
        _marked = DateTime.UtcNow;
    }

    private IEnumerable<string> Named(TableData table)
    {
        if (!table.Complete)
        {
            File.Move(Full($"{table.Name}.csv"), Full($"{table.Name}.incomplete.csv"), overwrite: true);
            yield return $"{table.Name}.incomplete.csv";
            yield break;
        }

        if (format != TableFormat.Csv)
        {
            ParquetTable.Convert(Full($"{table.Name}.csv"), table.Columns, Full($"{table.Name}.parquet"));
            yield return $"{table.Name}.parquet";
        }

        if (format == TableFormat.Parquet)
        {
            File.Delete(Full($"{table.Name}.csv"));
        }
        else
        {
            yield return $"{table.Name}.csv";
        }
    }

    private string Full(string name) => Path.Combine(folder, name);
}
