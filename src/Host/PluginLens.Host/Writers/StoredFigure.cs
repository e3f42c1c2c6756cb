using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using PluginLens.Files;

namespace PluginLens.Host;

/// <summary>Figures of stored runs, <c>figures/NAME.json</c>, as the records that they were.</summary>
public static class StoredFigure
{
    /// <summary>Reads a figure.</summary>
    /// <param name="path">The file.</param>
    public static Figure Read(string path)
    {
        try
        {
            using var reader = new JsonTextReader(new StreamReader(RegularFile.Open(path, SizeLimit.RunRecord))) { DateParseHandling = DateParseHandling.None };
            return Of(JObject.Load(reader));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The figure '{path}' cannot be read: {OneLine.Of(error.Message)}", error);
        }
        catch (Exception error) when (error is JsonException or InvalidCastException or FormatException or OverflowException or ArgumentException)
        {
            throw new UsageException($"'{path}' is not a figure that this version reads: {OneLine.Of(error.Message)}", error);
        }
    }

    private static Figure Of(JObject json)
    {
        var title = Text(json, "title");
        return Text(json, "kind") switch
        {
            "heatmap" => Whole(new Heatmap(title, Text(json, "x_title"), Text(json, "y_title"), Texts(json, "x_labels"), Texts(json, "y_labels"), Rows(json, "values", value => (double?)value), (bool?)json["signed"] ?? false)
            {
                Scale = [.. List(json, "scale").Select(stop => new ColorStop((double)stop["value"]!, Text(stop, "color")))],
            }),
            "token-grid" => Whole(new TokenGrid(title, Text(json, "x_title"), Text(json, "y_title"), Texts(json, "x_labels"), Texts(json, "y_labels"),
                Rows(json, "cells", cell => new TokenCell(Text(cell, "text"), (double?)cell["value"], (string?)cell["detail"])))),
            "chart" => Whole(new Chart(title, Text(json, "x_title"), Text(json, "y_title"), Texts(json, "x_labels"),
                [.. List(json, "series").Select(series => new Series(Text(series, "name"), [.. List(series, "values").Select(value => (double?)value)]))], (bool?)json["as_bars"] ?? false)),
            "scatter" => new Scatter(title, Text(json, "x_title"), Text(json, "y_title"),
                [.. List(json, "points").Select(point => new ScatterPoint((double?)point["x"] ?? double.NaN, (double?)point["y"] ?? double.NaN, Text(point, "label"), (string?)point["group"], (double?)point["value"]))]),
            var other => throw new FormatException($"its kind is '{other}'; expected heatmap, token-grid, chart or scatter."),
        };
    }

    private static Heatmap Whole(Heatmap heatmap)
    {
        Check(heatmap.XLabels.Count, heatmap.YLabels.Count, heatmap.Values);
        return heatmap;
    }

    private static TokenGrid Whole(TokenGrid grid)
    {
        Check(grid.XLabels.Count, grid.YLabels.Count, grid.Cells);
        return grid;
    }

    private static Chart Whole(Chart chart) => chart.Series.All(series => series.Values.Count == chart.XLabels.Count)
        ? chart
        : throw new FormatException($"a series has not one value for each of {chart.XLabels.Count} labels.");

    private static void Check<T>(int columns, int rows, T[][] cells)
    {
        if (cells.Length != rows || !Array.TrueForAll(cells, row => row.Length == columns))
        {
            throw new FormatException($"it has not {rows} rows of {columns} cells, as its labels say.");
        }
    }

    private static T[][] Rows<T>(JToken json, string name, Func<JToken, T> cell) => [.. List(json, name).Select(row => ((JArray)row).Select(cell).ToArray())];

    private static JArray List(JToken json, string name) => json[name] as JArray ?? throw new FormatException($"'{name}' is lacking.");

    private static string[] Texts(JToken json, string name) => [.. List(json, name).Select(text => (string?)text ?? string.Empty)];

    private static string Text(JToken json, string name) => (string?)json[name] ?? throw new FormatException($"'{name}' is lacking.");
}
