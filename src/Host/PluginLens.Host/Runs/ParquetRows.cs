using System.Globalization;
using Parquet;
using Parquet.Schema;
using PluginLens.Files;

namespace PluginLens.Host;

/// <summary>The rows of a table that is kept as Parquet alone, with fields as its CSV file would have them; a row group is held at a time.</summary>
internal static class ParquetRows
{
    /// <summary>Reads the rows; the array is used again for the next.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">The columns that run.json says.</param>
    public static IEnumerable<string[]> Of(string path, IReadOnlyList<string> columns)
    {
        var file = Open(path);
        try
        {
            var fields = file.Schema.GetDataFields();
            if (!fields.Select(field => field.Name).SequenceEqual(columns))
            {
                throw new UsageException($"'{path}' has the columns {string.Join(", ", fields.Select(field => field.Name))}; run.json says {string.Join(", ", columns)}.");
            }

            var row = new string[columns.Count];
            for (var index = 0; index < file.RowGroupCount; index++)
            {
                using var group = file.OpenRowGroupReader(index);
                string[][] cells = [.. fields.Select(field => Cells(group, field))];
                for (var at = 0; at < group.RowCount; at++)
                {
                    for (var column = 0; column < row.Length; column++)
                    {
                        row[column] = cells[column][at];
                    }

                    yield return row;
                }
            }
        }
        finally
        {
            file.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static string[] Cells(ParquetRowGroupReader group, DataField field) => field.ClrType switch
    {
        var type when type == typeof(long) => Values<long>(group, field, value => value.ToString(CultureInfo.InvariantCulture)),
        var type when type == typeof(double) => Values<double>(group, field, value => value.ToString(CultureInfo.InvariantCulture)),
        var type when type == typeof(bool) => Values<bool>(group, field, value => value ? "true" : "false"),
        _ => Texts(group, field),
    };

    private static string[] Values<T>(ParquetRowGroupReader group, DataField field, Func<T, string> text)
        where T : struct
    {
        var values = new T?[group.RowCount];
        group.ReadAsync(field, values.AsMemory()).AsTask().GetAwaiter().GetResult();
        return Array.ConvertAll(values, value => value is { } some ? text(some) : string.Empty);
    }

    private static string[] Texts(ParquetRowGroupReader group, DataField field)
    {
        var values = new string?[group.RowCount];
        group.ReadAsync(field, values.AsMemory()!).AsTask().GetAwaiter().GetResult();
        return Array.ConvertAll(values, value => value ?? string.Empty);
    }

    private static ParquetReader Open(string path)
    {
        try
        {
            return ParquetReader.CreateAsync(RegularFile.Open(path, SizeLimit.None), leaveStreamOpen: false).GetAwaiter().GetResult();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidOperationException or NotSupportedException or ParquetException)
        {
            throw new UsageException($"The table '{path}' cannot be read: {OneLine.Of(error.Message)}", error);
        }
    }
}
