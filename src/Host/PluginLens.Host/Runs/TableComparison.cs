using System.Globalization;
using CsvHelper;
using PluginLens.Files;

namespace PluginLens.Host;

/// <summary>How two tables differ, row by row.</summary>
internal static class TableComparison
{
    private static readonly CsvReaderOptions Dialect = new() { Separator = ',', MalformedData = CsvMalformedDataHandling.Throw };

    /// <summary>One line: how many rows differ, the first of them, and the largest difference of a number.</summary>
    /// <param name="before">A CSV file of a run.</param>
    /// <param name="after">The same table of another run, with other bytes.</param>
    public static string Of(string before, string after)
    {
        try
        {
            using CsvReader one = Open(before), other = Open(after);
            return one.Headers.SequenceEqual(other.Headers) ? Rows(one, other) : $"columns {string.Join(", ", one.Headers)} -> {string.Join(", ", other.Headers)}";
        }
        catch (CsvFormatException)
        {
            return "has other bytes, and is not CSV that can be read";
        }
    }

    private static CsvReader Open(string path) => CsvReader.Create(new StreamReader(RegularFile.Open(path, SizeLimit.None)), Dialect);

    private static string Rows(CsvReader one, CsvReader other)
    {
        var (rows, changed, first) = ((Before: 0, After: 0), 0, (string?)null);
        var (largest, where) = (0.0, string.Empty);
        for (var (more, moreAfter) = (one.Read(), other.Read()); more || moreAfter; (more, moreAfter) = (more && one.Read(), moreAfter && other.Read()))
        {
            rows = (rows.Before + (more ? 1 : 0), rows.After + (moreAfter ? 1 : 0));
            if (!more || !moreAfter)
            {
                continue;
            }

            var differs = false;
            for (var column = 0; column < one.Headers.Count; column++)
            {
                var (was, isNow) = (one.GetString(column), other.GetString(column));
                if (was == isNow)
                {
                    continue;
                }

                differs = true;
                first ??= $"first in row {rows.Before}: {one.Headers[column]} {was} -> {isNow}";
                if (Number(was) is { } a && Number(isNow) is { } b && Math.Abs(a - b) > largest)
                {
                    (largest, where) = (Math.Abs(a - b), one.Headers[column]);
                }
            }

            changed += differs ? 1 : 0;
        }

        string?[] parts =
        [
            rows.Before == rows.After ? null : $"{rows.Before} rows -> {rows.After}",
            changed == 0 ? null : $"{changed} of {Math.Min(rows.Before, rows.After)} rows differ",
            first,
            largest == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"numbers by up to {largest:0.#e+0} ({where})"),
        ];
        return string.Join("; ", parts.OfType<string>());
    }

    private static double? Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}
