using System.Globalization;
using CsvHelper;
using Parquet;
using Parquet.Schema;
using PluginLens.Files;

namespace PluginLens.Host;

/// <summary>
/// A finished table as Parquet, made from its CSV file: UTF-8 text, booleans, int64 and double, every column with nulls (empty fields), one row group a chunk. Numbers are those of the CSV to the last bit.
/// </summary>
internal static class ParquetTable
{
    /// <summary>Rows of a group: what is held at a time.</summary>
    public const int GroupRows = 1 << 16;

    /// <summary>Converts a file.</summary>
    /// <param name="csv">The CSV file.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="parquet">The file to write.</param>
    public static void Convert(string csv, IReadOnlyList<Column> columns, string parquet)
    {
        using var text = new StreamReader(csv);
        using var reader = CsvReader.Create(text, new CsvReaderOptions(), leaveOpen: true);
        using var output = new WrittenFile(parquet, FileMode.Create);
        Cells[] cells = [.. columns.Select(Cells.Of)];
        var file = Await(ParquetWriter.CreateAsync(new ParquetSchema(cells.Select(column => column.Field)), output));
        try
        {
            var held = 0;
            while (reader.Read())
            {
                for (var at = 0; at < cells.Length; at++)
                {
                    cells[at].Add(reader.GetString(at));
                }

                if (++held == GroupRows)
                {
                    Write(file, cells);
                    held = 0;
                }
            }

            if (held > 0)
            {
                Write(file, cells);
            }
        }
        finally
        {
            file.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static T Await<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private static void Write(ParquetWriter file, Cells[] cells)
    {
        using var group = file.CreateRowGroup();
        foreach (var column in cells)
        {
            column.Write(group).GetAwaiter().GetResult();
        }

        group.CompleteValidate();
    }

    /// <summary>The cells of a column that wait for their row group.</summary>
    private abstract class Cells(DataField stored)
    {
        public DataField Field => stored;

        public static Cells Of(Column column) => column.Kind switch
        {
            ColumnKind.Integer => new Values<long>(column.Name, text => long.Parse(text, CultureInfo.InvariantCulture)),
            ColumnKind.Number => new Values<double>(column.Name, text => double.Parse(text, CultureInfo.InvariantCulture)),
            ColumnKind.Boolean => new Values<bool>(column.Name, bool.Parse),
            _ => new Texts(column.Name),
        };

        public abstract void Add(string text);

        public abstract Task Write(ParquetRowGroupWriter group);
    }

    private sealed class Values<T>(string name, Func<string, T> parse) : Cells(new DataField<T>(name, true))
        where T : struct
    {
        private readonly List<T?> _held = [];

        public override void Add(string text) => _held.Add(text.Length == 0 ? null : parse(text));

        public override async Task Write(ParquetRowGroupWriter group)
        {
            await group.WriteAsync<T>(Field, _held.ToArray());
            _held.Clear();
        }
    }

    private sealed class Texts(string name) : Cells(new DataField<string>(name, true))
    {
        private readonly List<string?> _held = [];

        public override void Add(string text) => _held.Add(text.Length == 0 ? null : text);

        public override async Task Write(ParquetRowGroupWriter group)
        {
            await group.WriteAsync(Field, _held!);
            _held.Clear();
        }
    }
}
