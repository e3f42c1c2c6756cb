using System.Globalization;
using System.Text;
using CsvHelper;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using PluginLens.Files;

namespace PluginLens.Host;

/// <summary>
/// Texts of a file: .txt one a line, .csv and .tsv with <c>text</c> and <c>label</c> columns, .jsonl with <c>text</c> and <c>label</c> fields; <c>-</c> is standard
/// input, one text a line.
/// </summary>
public static class TextFile
{
    private const int LongestLine = 1 << 24;

    /// <summary>The name that stands for standard input.</summary>
    public const string StandardInput = "-";

    // Bytes that are not UTF-8 are an error: decoded to replacement characters they would be read as another text.
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private static readonly CsvReaderOptions CsvDialect = new()
    {
        Separator = ',',
        MalformedData = CsvMalformedDataHandling.Throw,
        NormalizeHeaderName = name => name.Trim().ToLowerInvariant(),
        TrackLineNumbers = true,
    };

    /// <summary>Reads text after text; blank lines are skipped.</summary>
    /// <param name="path">The file; its extension decides.</param>
    public static IEnumerable<TextRow> Read(string path)
    {
        using var rows = Checked(path, () => Rows(path).GetEnumerator());
        while (Checked(path, rows.MoveNext))
        {
            yield return rows.Current;
        }
    }

    private static IEnumerable<TextRow> Rows(string path)
    {
        if (Directory.Exists(path))
        {
            throw new UsageException($"--prompts '{path}' is a folder: give a file in it, or --prompts once for each.");
        }

        using var reader = new StreamReader(path == StandardInput ? Console.OpenStandardInput() : RegularFile.Open(path, SizeLimit.None), Strict);
        IEnumerable<TextRow> rows = Path.GetExtension(path).ToLowerInvariant() switch
        {
            "" when path == StandardInput => Lines("standard input", reader).Select(line => new TextRow(line.Where, line.Text, null)),
            ".txt" => Lines(path, reader).Select(line => new TextRow(line.Where, line.Text, null)),
            ".csv" => Csv(path, reader, ','),
            ".tsv" => Csv(path, reader, '\t'),
            ".jsonl" => Lines(path, reader).Select(line => JsonLine(line.Where, line.Text)),
            var other => throw new UsageException($"--prompts '{path}': expected a .txt, .csv, .tsv or .jsonl file (or - for standard input), found '{other}'."),
        };
        foreach (var row in rows)
        {
            yield return row;
        }
    }

    private static T Checked<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (DecoderFallbackException error)
        {
            throw new UsageException($"--prompts '{path}': not valid UTF-8 text; save it as UTF-8.", error);
        }
        catch (CsvFormatException error)
        {
            throw new UsageException($"--prompts '{path}', line {error.LineNumber}: not CSV that can be read; quote fields that hold commas, quotes or line breaks.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--prompts '{path}': {OneLine.Of(error.Message)}", error);
        }
    }

    private static IEnumerable<(string Where, string Text)> Lines(string path, StreamReader reader)
    {
        for (var number = 1; ReadLine(path, number, reader) is { } line; number++)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return ($"{path}, line {number}", line);
            }
        }
    }

    /// <summary>A line, or null at the end; one that no model could read is an error before it fills memory.</summary>
    private static string? ReadLine(string path, int number, StreamReader reader)
    {
        var line = new StringBuilder();
        for (var next = reader.Read(); next >= 0; next = reader.Read())
        {
            if (next is '\n' or '\r')
            {
                if (next == '\r' && reader.Peek() == '\n')
                {
                    reader.Read();
                }

                return line.ToString();
            }

            if (next == 0)
            {
                throw new UsageException($"--prompts '{path}', line {number}: holds NUL characters, so it is no UTF-8 text (UTF-16 has them); save it as UTF-8.");
            }

            if (line.Append((char)next).Length > LongestLine)
            {
                throw new UsageException($"--prompts {path}, line {number}: more than {LongestLine} characters; put each text on a line of its own.");
            }
        }

        return line.Length > 0 ? line.ToString() : null;
    }

    private static IEnumerable<TextRow> Csv(string path, StreamReader reader, char separator)
    {
        using var csv = CsvReader.Create(reader, CsvDialect with { Separator = separator }, leaveOpen: true);
        if (!csv.TryGetFieldIndex("text", out var text))
        {
            throw new UsageException($"--prompts '{path}': expected a header line with a 'text' column (and a 'label' column where there are labels), found '{string.Join(',', csv.Headers)}'.");
        }

        var labelled = csv.TryGetFieldIndex("label", out var label);
        while (csv.Read())
        {
            var where = $"{path}, line {csv.LineNumber}";
            if (csv.FieldCount <= text)
            {
                throw new UsageException($"--prompts {where}: no 'text' field.");
            }

            yield return new TextRow(where, csv.GetString(text), labelled && label < csv.FieldCount ? csv.GetString(label) : null);
        }
    }

    private static TextRow JsonLine(string where, string line)
    {
        try
        {
            using var reader = new JsonTextReader(new StringReader(line)) { DateParseHandling = DateParseHandling.None };
            var row = JObject.Load(reader);
            if (row["text"] is not JValue { Type: JTokenType.String } text)
            {
                throw new UsageException($"--prompts {where}: expected an object with a \"text\" string.");
            }

            var label = row["label"] as JValue;
            return new TextRow(where, (string)text!, label?.Value is null ? null : Convert.ToString(label.Value, CultureInfo.InvariantCulture));
        }
        catch (JsonException error)
        {
            throw new UsageException($"--prompts {where}: expected one JSON object a line: {OneLine.Of(error.Message)}", error);
        }
    }
}
