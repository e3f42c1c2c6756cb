using System.Text.Json;
using System.Text.Json.Nodes;
using PluginLens.Files;

namespace PluginLens.Import.Recognition;

/// <summary>The config.json beside the source, where there is one: for what a graph cannot say.</summary>
/// <param name="Values">Its values; empty where there is none.</param>
internal sealed record SourceConfig(JsonObject Values)
{
    // A key twice would be found only when a value is asked for, and as another fault.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public static SourceConfig Beside(string folder)
    {
        var path = new[] { folder, Path.GetDirectoryName(folder) ?? folder }.Take(Path.GetFileName(folder) == "onnx" ? 2 : 1)
            .Select(f => Path.Combine(f, "config.json")).FirstOrDefault(File.Exists);
        if (path is null)
        {
            return new SourceConfig([]);
        }

        try
        {
            return new SourceConfig(JsonNode.Parse(RegularFile.Text(path, SizeLimit.Configuration), documentOptions: Strict) as JsonObject ?? throw new JsonException("expected an object"));
        }
        catch (JsonException e)
        {
            throw new ModelException($"config.json beside the model is not JSON ({e.Message.Split('\n')[0].TrimEnd('.')}); repair it or take it away.", e);
        }
    }

    public string? ModelType => Values["model_type"] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>The first of some whole numbers that is there.</summary>
    public int? Count(params string[] keys) =>
        keys.Select(key => Integer(Values[key])).FirstOrDefault(number => number is not null);

    /// <summary>A whole number, or null for anything else.</summary>
    public static int? Integer(JsonNode? value) => value is JsonValue one && one.TryGetValue<int>(out var number) ? number : null;
}
