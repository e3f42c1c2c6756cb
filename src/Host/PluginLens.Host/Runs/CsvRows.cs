using CsvHelper;

namespace PluginLens.Host;

/// <summary>Rows as CSV: a header, RFC 4180 quoting, numbers as short as they read back exactly, null as an empty field.</summary>
internal sealed class CsvRows : IDisposable
{
    private static readonly CsvWriterOptions Options = new() { NewLine = "\n" };
    private readonly CsvWriter _csv;
    private readonly TextWriter _output;
    private readonly IReadOnlyList<Column> _columns;
    private readonly Func<string, string>? _shown;

    /// <summary>Writes the header.</summary>
    /// <param name="output">Receives the text.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="leaveOpen">Whether the output stays open at the end.</param>
    /// <param name="shown">How texts are written; null = exactly.</param>
    /// <param name="writesHeader">False where the output has one already.</param>
    public CsvRows(TextWriter output, IReadOnlyList<Column> columns, bool leaveOpen = false, Func<string, string>? shown = null, bool writesHeader = true)
    {
        _csv = CsvWriter.Create(output, Options, leaveOpen);
        (_output, _columns, _shown) = (output, columns, shown);
        if (!writesHeader)
        {
            return;
        }

        foreach (var column in columns)
        {
            _csv.WriteField(column.Name);
        }

        _csv.EndRecord();
    }

    /// <summary>Writes a row.</summary>
    /// <param name="row">A row of the table.</param>
    public void Add(object row)
    {
        foreach (var column in _columns)
        {
            var text = OptionText.Of(column.Get(row));
            _csv.WriteField(_shown is null ? text : _shown(text));
        }

        _csv.EndRecord();
    }

    /// <summary>Hands what was written on to the stream below.</summary>
    public void Flush()
    {
        _csv.Flush();
        _output.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => _csv.Dispose();
}
