using Newtonsoft.Json;

namespace PluginLens.Host;

/// <summary>One object: <c>run</c> as in run.json, <c>tables</c> (name to array of row objects), <c>figures</c> (name to data).</summary>
public sealed class JsonResultWriter : ResultWriter
{
    /// <inheritdoc/>
    public override string Format => "json";

    /// <inheritdoc/>
    public override void Write(RunResult result, TextWriter output, ResultView view)
    {
        using var json = new JsonTextWriter(output) { CloseOutput = false, Formatting = Formatting.Indented };
        json.StringEscapeHandling = view.OnTerminal ? StringEscapeHandling.EscapeNonAscii : StringEscapeHandling.Default;
        json.WriteStartObject();
        json.WritePropertyName("run");
        result.Info.Write(json);
        json.WritePropertyName("tables");
        json.WriteStartObject();
        foreach (var table in Chosen(result, view))
        {
            json.WritePropertyName(table.Name);
            WriteRows(json, table);
        }

        json.WriteEndObject();
        json.WritePropertyName("figures");
        json.WriteStartObject();
        foreach (var (name, figure) in result.Figures)
        {
            json.WritePropertyName(name);
            FigureJson.Write(json, figure);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        output.Write('\n');
    }

    /// <summary>Writes the rows of a table as an array of objects.</summary>
    /// <param name="json">Receives it.</param>
    /// <param name="table">The table.</param>
    internal static void WriteRows(JsonTextWriter json, TableData table)
    {
        json.WriteStartArray();
        foreach (var row in AllRows(table))
        {
            // One row a line: a list of thousands stays readable and comparable.
            json.Formatting = Formatting.Indented;
            json.WriteStartObject();
            json.Formatting = Formatting.None;
            foreach (var column in table.Columns)
            {
                json.WritePropertyName(column.Name);
                json.WriteValue(column.Get(row));
            }

            json.WriteEndObject();
            json.Formatting = Formatting.Indented;
        }

        json.WriteEndArray();
    }
}
