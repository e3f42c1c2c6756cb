using System.Globalization;
using CsvHelper;
using DuckDB.NET.Data;

namespace PluginLens.Host.Tests;

/// <summary>What DuckDB reads of the Parquet files of a run is what its CSV files say, cell for cell.</summary>
public sealed class ParquetTests
{
    private static readonly string?[] Texts =
    [
        null, " ", " the", "a,b", "\"", "two\nlines", "\r\n", "\t", "nul\0inside", "'", "\\N", "NULL", "NaN", "1", "true", "=1+1", "é", "日本語", "\U0001F600", "\uffff", "z", "Z", "e\u0301", "\u202e", new string('x', 5000), "half \ud83d",
    ];

    private static readonly double[] Numbers = [0, 1, -1, 0.1, 1.0 / 3, double.Epsilon, double.MaxValue, double.MinValue, double.PositiveInfinity, double.NegativeInfinity, 123456789012345680, 1e-7];

    [TestCase(TableFormat.Both, new[] { "empty.csv", "empty.parquet", "hostile.csv", "hostile.parquet" })]
    [TestCase(TableFormat.Parquet, new[] { "empty.parquet", "hostile.parquet" })]
    [TestCase(TableFormat.Csv, new[] { "empty.csv", "hostile.csv" })]
    public void Tables_AreKeptAsAsked(TableFormat format, string[] files)
    {
        using var folder = Written<Everything>(format);

        Assert.That(Directory.GetFiles(Path.Combine(folder.Path, "run")).Select(Path.GetFileName).Order(StringComparer.Ordinal), Is.EqualTo(files.Append("run.json")));
    }

    [TestCase("hostile")]
    [TestCase("empty")]
    public void Parquet_ReadByDuckDb_EqualsTheCsv(string table)
    {
        using var folder = Written<Everything>(TableFormat.Both);

        var (types, rows) = Query($"SELECT * FROM '{folder.Path}/run/{table}.parquet'");

        var csv = Csv(Path.Combine(folder.Path, "run", $"{table}.csv"));
        Assert.That(types.Select(column => column.Name), Is.EqualTo(csv[0]));
        Assert.That(types.Select(column => column.Type), Is.EqualTo(new[] { "VARCHAR", "VARCHAR", "BIGINT", "BIGINT", "DOUBLE", "DOUBLE", "BOOLEAN" }));
        Assert.That(rows.Select(row => string.Join('|', row.Select(Text))), Is.EqualTo(csv[1..].Select(row => string.Join('|', row))));
        Assert.That(rows, Has.Count.EqualTo(table == "empty" ? 0 : Texts.Length));
    }

    [Test]
    public void TablesKeptAsParquetAlone_AreReadAsTheirCsv()
    {
        using TemporaryFolder csv = Written<Everything>(TableFormat.Csv), parquet = Written<Everything>(TableFormat.Parquet);
        static List<string> Rows(TemporaryFolder folder) =>
            [.. RecordedRun.Read(Path.Combine(folder.Path, "run")).Tables.SelectMany(table => table.Rows().Select(row => $"{table.Name}: {string.Join('|', row)}").ToList())];

        Assert.That(Rows(parquet), Is.EqualTo(Rows(csv)).And.Count.EqualTo(Texts.Length));

        File.WriteAllText(Path.Combine(parquet.Path, "run", "hostile.parquet"), "PAR1");
        Assert.That(() => Rows(parquet), Throws.TypeOf<UsageException>().With.Message.Contains("hostile.parquet"));
    }

    /// <summary>Readers leave out row groups by their least and largest values: a row is found by its cells.</summary>
    [Test]
    public void ManyRows_AreSeveralRowGroups_AndEachIsFound()
    {
        using var folder = Written<Many>(TableFormat.Parquet);
        var file = $"'{folder.Path}/run/many.parquet'";

        Assert.That(Query($"SELECT count(*), sum(number), count(DISTINCT text) FROM {file}").Rows[0].Select(Text), Is.EqualTo(new[] { $"{Many.Rows}", $"{Many.Rows * (Many.Rows - 1L) / 2}", $"{Many.Rows}" }));
        Assert.That(Query($"SELECT count(DISTINCT row_group_id) FROM parquet_metadata({file})").Rows[0].Select(Text), Is.EqualTo(new[] { "3" }));
        foreach (var at in new[] { 0, 1000, ParquetTable.GroupRows - 1, ParquetTable.GroupRows, Many.Rows - 1 })
        {
            Assert.That(Query($"SELECT number FROM {file} WHERE text = '{Many.Text(at)}'").Rows.Select(row => Text(row[0])), Is.EqualTo(new[] { $"{at}" }));
        }
    }

    private static TemporaryFolder Written<T>(TableFormat format)
        where T : IAnalysis, new()
    {
        var folder = new TemporaryFolder();
        var result = AnalysisRun.Execute(InlinePlugin.Request(InlinePlugin.Of<T>()) with { Out = new RunPlace(Path.Combine(folder.Path, "run")) { Tables = format } });
        Assert.That(result.Error, Is.Null);
        return folder;
    }

    private static (List<(string Name, string Type)> Types, List<object?[]> Rows) Query(string sql)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"DESCRIBE {sql}";
        var types = new List<(string, string)>();
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                types.Add((reader.GetString(0), reader.GetString(1)));
            }
        }

        command.CommandText = sql;
        var rows = new List<object?[]>();
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(at => reader.IsDBNull(at) ? null : reader.GetValue(at))]);
            }
        }

        return (types, rows);
    }

    private static string Text(object? value) => value switch
    {
        null => string.Empty,
        bool flag => flag ? "true" : "false",
        double number => OptionText.Of(number),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static List<string[]> Csv(string path)
    {
        using var text = new StreamReader(path);
        using var reader = CsvReader.Create(text, new CsvReaderOptions(), leaveOpen: true);
        var rows = new List<string[]> { reader.Headers.ToArray() };
        while (reader.Read())
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)]);
        }

        return rows;
    }

    private sealed record Row(string? Text, Token Token, int Number, double Score, double? Maybe, bool Good);

    private sealed class Everything : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
            context.Results.Table<Row>("empty");
            var table = context.Results.Table<Row>("hostile");
            foreach (var (at, text) in Texts.Index())
            {
                var number = Numbers[at % Numbers.Length];
                table.Add(new Row(text, new Token(at, text ?? string.Empty), at % 2 == 0 ? int.MinValue + at : int.MaxValue - at, number, at % 3 == 0 ? null : -number, at % 2 == 0));
            }
        }
    }

    private sealed record Counted(int Number, string Text);

    private sealed class Many : IAnalysis
    {
        public const int Rows = (2 * ParquetTable.GroupRows) + 7;

        public static string Text(int at) => at % 1000 == 0 ? $"Row \U0001F600 {at}" : $"row {at}";

        public void Run(AnalysisContext context)
        {
            var table = context.Results.Table<Counted>("many");
            for (var at = 0; at < Rows; at++)
            {
                table.Add(new Counted(at, Text(at)));
            }
        }
    }
}
