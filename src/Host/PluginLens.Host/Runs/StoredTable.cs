using System.Globalization;
using CsvHelper;
using Newtonsoft.Json.Linq;
using PluginLens.Files;

namespace PluginLens.Host;

/// <summary>A table of a stored run: its CSV file, or Parquet where it has that alone, read row by row, and what run.json says of it.</summary>
public sealed class StoredTable
{
    private static readonly CsvReaderOptions Dialect = new() { Separator = ',', MalformedData = CsvMalformedDataHandling.Throw };
    private readonly IReadOnlyList<ColumnKind>? _kinds;

    private StoredTable(string path, JObject json)
    {
        Path = path;
        Name = (string)json["name"]!;
        Complete = (bool?)json["complete"] ?? true;
        Count = (long?)json["rows"] ?? 0;
        Columns = [.. (json["columns"] as JArray ?? []).Select(name => (string)name!)];
        GroupBy = (int?)json["group_by"];
        _kinds = json["kinds"] is JArray kinds && kinds.Count == Columns.Count ? [.. kinds.Select(kind => Enum.Parse<ColumnKind>((string)kind!, ignoreCase: true))] : null;
    }

    /// <summary>Kebab-case.</summary>
    public string Name { get; }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Names of the columns.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Rows that the run wrote.</summary>
    public long Count { get; }

    /// <summary>Whether the analysis went through.</summary>
    public bool Complete { get; }

    /// <summary>How many leading columns form a group; null where an older version wrote the run.</summary>
    public int? GroupBy { get; }

    /// <summary>What the values of the columns are; for a run of an older version, what all of them can be read as.</summary>
    public IReadOnlyList<ColumnKind> Kinds() => _kinds ?? Guessed();

    /// <summary>The rows, one at a time; the array is used again for the next. What had no value is empty.</summary>
    public IEnumerable<string[]> Rows() => Path.EndsWith(".parquet", StringComparison.Ordinal) ? ParquetRows.Of(Path, Columns) : CsvFields();

    /// <summary>The tables of a run whose files are there.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="json">Its run.json.</param>
    internal static IReadOnlyList<StoredTable> Of(string folder, JObject json)
    {
        var tables = new List<StoredTable>();
        foreach (var table in (json["tables"] as JArray ?? []).OfType<JObject>())
        {
            var name = (string?)table["name"] ?? string.Empty;
            if (!Names.IsKebab(name))
            {
                throw new UsageException($"The run.json in '{folder}' names a table '{name}', which no run has.");
            }

            string[] files = [.. new[] { (bool?)table["complete"] == false ? $"{name}.incomplete.csv" : $"{name}.csv", $"{name}.parquet" }.Select(file => System.IO.Path.Combine(folder, file))];
            tables.Add(new StoredTable(Array.Find(files, File.Exists) ?? throw new UsageException($"The table '{name}' of the run in '{folder}' is gone: expected '{files[0]}'."), table));
        }

        return tables;
    }

    private IEnumerable<string[]> CsvFields()
    {
        using var csv = Open();
        if (!csv.Headers.SequenceEqual(Columns))
        {
            throw new UsageException($"'{Path}' has the columns {string.Join(", ", csv.Headers)}; run.json says {string.Join(", ", Columns)}.");
        }

        var row = new string[Columns.Count];
        while (Next(csv))
        {
            if (csv.FieldCount != row.Length)
            {
                throw new UsageException($"'{Path}' has a row of {csv.FieldCount} fields; its header has {row.Length}.");
            }

            for (var column = 0; column < row.Length; column++)
            {
                row[column] = csv.GetString(column);
            }

            yield return row;
        }
    }

    /// <summary>A number as CSV files have it.</summary>
    /// <param name="text">A field.</param>
    /// <param name="number">What it is.</param>
    internal static bool TryNumber(string text, out double number) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);

    private CsvReader Open()
    {
        try
        {
            return CsvReader.Create(new StreamReader(RegularFile.Open(Path, SizeLimit.None)), Dialect);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The table '{Path}' cannot be read: {OneLine.Of(error.Message)}", error);
        }
        catch (CsvFormatException error)
        {
            throw Malformed(error);
        }
    }

    private bool Next(CsvReader csv)
    {
        try
        {
            return csv.Read();
        }
        catch (CsvFormatException error)
        {
            throw Malformed(error);
        }
    }

    private UsageException Malformed(CsvFormatException error) => new($"The table '{Path}' is not CSV that can be read: {OneLine.Of(error.Message)}", error);

    /// <summary>A column whose neighbour has the ids of its tokens holds tokens; others are what every value of theirs can be read as.</summary>
    private ColumnKind[] Guessed()
    {
        var (integers, numbers, flags, some) = (new bool[Columns.Count], new bool[Columns.Count], new bool[Columns.Count], new bool[Columns.Count]);
        Array.Fill(integers, true);
        Array.Fill(numbers, true);
        Array.Fill(flags, true);
        foreach (var row in Rows())
        {
            for (var column = 0; column < row.Length; column++)
            {
                if (row[column].Length > 0)
                {
                    some[column] = true;
                    integers[column] &= long.TryParse(row[column], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
                    numbers[column] &= TryNumber(row[column], out _);
                    flags[column] &= row[column] is "true" or "false";
                }
            }
        }

        return [.. Columns.Select((name, column) =>
            Columns.Contains($"{name}_id") ? ColumnKind.Token
            : !some[column] ? ColumnKind.Text
            : integers[column] ? ColumnKind.Integer
            : numbers[column] ? ColumnKind.Number
            : flags[column] ? ColumnKind.Boolean
            : ColumnKind.Text)];
    }
}
