using System.Text;
using CsvHelper;

namespace PluginLens.Report;

/// <summary>A table of a run folder, read row by row.</summary>
/// <param name="path">The CSV file.</param>
internal sealed class CsvTable(string path)
{
    private static readonly CsvReaderOptions Dialect = new() { Separator = ',', TrackLineNumbers = true, MalformedData = CsvMalformedDataHandling.Throw };

    /// <summary>Names of the columns.</summary>
    public IReadOnlyList<string> Headers()
    {
        using var csv = Open();
        return [.. csv.Headers];
    }

    /// <summary>The fields of each row; the array is the same one each time.</summary>
    public IEnumerable<string[]> Rows()
    {
        using var csv = Open();
        var fields = new string[csv.Headers.Count];
        while (Read(csv))
        {
            if (csv.FieldCount != fields.Length)
            {
                throw new UsageException($"'{path}', line {csv.LineNumber}: {csv.FieldCount} fields; expected {fields.Length}, as its header has. Run the analysis again.");
            }

            for (var at = 0; at < fields.Length; at++)
            {
                fields[at] = csv.GetString(at);
            }

            yield return fields;
        }
    }

    private CsvReader Open()
    {
        try
        {
            return CsvReader.Create(new StreamReader(path, Encoding.UTF8), Dialect);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CsvFormatException)
        {
            throw Unreadable(error);
        }
    }

    private bool Read(CsvReader csv)
    {
        try
        {
            return csv.Read();
        }
        catch (CsvFormatException error)
        {
            throw Unreadable(error);
        }
    }

    private UsageException Unreadable(Exception error) => new($"The table '{path}' cannot be read: {error.Message.ReplaceLineEndings(" ")}", error);
}
