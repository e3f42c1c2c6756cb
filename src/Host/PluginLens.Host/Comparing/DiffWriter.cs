using System.Globalization;
using Newtonsoft.Json;

namespace PluginLens.Host;

/// <summary>A comparison as text: <c>table</c>, <c>csv</c>, <c>json</c> or <c>html</c>.</summary>
public static class DiffWriter
{
    /// <summary>The formats, the default first.</summary>
    public static IReadOnlyList<string> Formats { get; } = ["table", "csv", "json", "html"];

    /// <summary>Writes a comparison.</summary>
    /// <param name="diff">The comparison.</param>
    /// <param name="format">One of <see cref="Formats"/>.</param>
    /// <param name="output">Receives it; lines end with <c>\n</c>.</param>
    /// <param name="part">Of <c>csv</c>: which of its tables; null where there is one.</param>
    public static void Write(RunDiff diff, string format, TextWriter output, string? part = null)
    {
        switch (format)
        {
            case "table":
                WriteText(diff, output);
                break;
            case "csv":
                WriteCsv(diff, part, output);
                break;
            case "json":
                WriteJson(diff, output);
                break;
            case "html":
                DiffPage.Write(diff, output);
                break;
            default:
                throw new UsageException($"--format '{format}': expected {string.Join(", ", Formats)}.");
        }
    }

    private static void WriteText(RunDiff diff, TextWriter output)
    {
        foreach (var table in diff.Tables.Where(table => table.Rows.Count > 0))
        {
            output.Write($"{table.Name}: {ResultSummary.OfTable(table)}\n");
            TextResultWriter.WriteTable(table, output, rows: 0);
            output.Write('\n');
        }

        output.Write($"a: {Named(diff.A)}\nb: {Named(diff.B)}\n");
        foreach (var difference in diff.Circumstances)
        {
            output.Write($"{(difference.InResult ? "found" : "run as")}: {DisplayText.Text(difference.What)}: {DisplayText.Text(difference.How)}\n");
        }

        foreach (var note in diff.Notes)
        {
            output.Write($"note: {note}\n");
        }
    }

    private static void WriteCsv(RunDiff diff, string? part, TextWriter output)
    {
        var table = part is null && diff.Tables.Count == 1 ? diff.Tables[0] : diff.Tables.FirstOrDefault(table => table.Name == part) ?? throw new UsageException(
            $"--format csv prints one table{(part is null ? string.Empty : $", and there is no '{part}'")}: choose with --part {string.Join(", ", diff.Tables.Select(table => table.Name))}.");
        using var csv = new CsvRows(output, table.Columns, leaveOpen: true);
        foreach (var row in table.Rows)
        {
            csv.Add(row);
        }
    }

    private static void WriteJson(RunDiff diff, TextWriter output)
    {
        using var json = new JsonTextWriter(output) { CloseOutput = false, Formatting = Formatting.Indented };
        json.WriteStartObject();
        foreach (var (name, run) in new[] { ("a", diff.A), ("b", diff.B) })
        {
            json.WritePropertyName(name);
            json.WriteStartObject();
            Value(json, "folder", run.Folder);
            Value(json, "plugin", run.Plugin);
            Value(json, "models", string.Join(", ", run.Models));
            json.WriteEndObject();
        }

        json.WritePropertyName("circumstances");
        json.WriteStartArray();
        foreach (var difference in diff.Circumstances)
        {
            json.WriteStartObject();
            Value(json, "what", difference.What);
            Value(json, "how", difference.How);
            json.WritePropertyName("in_result");
            json.WriteValue(difference.InResult);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        foreach (var table in diff.Tables)
        {
            json.WritePropertyName(table.Name);
            JsonResultWriter.WriteRows(json, table);
        }

        json.WritePropertyName("notes");
        json.WriteStartArray();
        foreach (var note in diff.Notes)
        {
            json.WriteValue(note);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        output.Write('\n');
    }

    private static void Value(JsonTextWriter json, string name, string value)
    {
        json.WritePropertyName(name);
        json.WriteValue(value);
    }

    internal static string Named(RecordedRun run) => $"{run.Folder} ({run.Plugin} on {string.Join(", ", run.Models)})";
}
