using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginLens.Models.Format;

/// <summary>Reads and writes the JSON texts of metadata; what does not fit is a <see cref="FormatException"/>. No reflection: this runs at every start.</summary>
internal static class MetadataJson
{
    /// <summary>The text of a metadata entry: strings stand as they are, everything else as JSON.</summary>
    /// <param name="value">The value; null = <c>null</c>.</param>
    public static string Text(JsonNode? value) => value is null ? "null" : value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();

    /// <summary>A number that is not a count: it keeps its point, 8.0 and not 8.</summary>
    /// <param name="value">Finite.</param>
    public static JsonNode Number(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return JsonNode.Parse(text.AsSpan().IndexOfAny('.', 'E') < 0 ? text + ".0" : text)!;
    }

    /// <summary>The number that a float32 was rounded from: the shortest that rounds to it, 1e-5 and not 9.99999974e-06.</summary>
    /// <param name="value">Finite.</param>
    public static JsonNode Unrounded(float value) => Number(double.Parse(value.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));

    /// <summary>Dimensions of a hook: numbers and names.</summary>
    /// <param name="dimensions">E.g. <c>batch, pos, 32</c>.</param>
    public static JsonArray Dimensions(IEnumerable<string> dimensions) =>
        [.. dimensions.Select(extent => long.TryParse(extent, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? (JsonNode)size : extent)];

    /// <summary>An object of texts.</summary>
    /// <param name="text">JSON.</param>
    public static Dictionary<string, string> Texts(string text) => Read(text, root =>
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in root.EnumerateObject())
        {
            texts[entry.Name] = Text(entry.Value);
        }

        return texts;
    });

    /// <summary>A list of texts.</summary>
    /// <param name="text">JSON.</param>
    public static string[] List(string text) => Read(text, root => All(root, Text));

    /// <summary>A list of numbers; of a list or an object of lists the first.</summary>
    /// <param name="text">JSON.</param>
    public static double[] Numbers(string text) => Read(text, root =>
    {
        var list = root.ValueKind == JsonValueKind.Object ? root.EnumerateObject().Select(entry => entry.Value).FirstOrDefault() : root;
        list = list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0 && list[0].ValueKind == JsonValueKind.Array ? list[0] : list;
        return All(list, number => number.GetDouble());
    });

    /// <summary>A list of integers and nulls.</summary>
    /// <param name="text">JSON.</param>
    public static int?[] Integers(string text) => Read(text, root => All(root, number => number.ValueKind == JsonValueKind.Null ? (int?)null : number.GetInt32()));

    /// <summary>An object of lists of dimensions: numbers and names.</summary>
    /// <param name="text">JSON.</param>
    public static Dictionary<string, IReadOnlyList<string>> Dimensions(string text) => Read(text, root =>
    {
        var hooks = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var hook in root.EnumerateObject())
        {
            hooks[hook.Name] = All(hook.Value, extent => extent.ValueKind == JsonValueKind.String ? Text(extent) : $"{extent.GetInt32()}");
        }

        return hooks;
    });

    /// <summary>What is needed of the key <c>stitched</c>.</summary>
    /// <param name="text">JSON.</param>
    public static StitchedFacts Stitched(string text) => Read(text, root => new StitchedFacts(
        Text(root.GetProperty("donor").GetProperty("name")), Text(root.GetProperty("receiver").GetProperty("name")), root.GetProperty("blocks").GetInt32(), root.GetProperty("ln_f").GetBoolean()));

    private static string Text(JsonElement element) =>
        element.ValueKind == JsonValueKind.String ? element.GetString()! : throw new FormatException($"found {element.ValueKind} where a text belongs");

    /// <summary>The elements of a list. A loop and no query: those over structures are compiled at every start.</summary>
    private static T[] All<T>(JsonElement list, Func<JsonElement, T> read)
    {
        var (all, at) = (new T[list.GetArrayLength()], 0);
        foreach (var element in list.EnumerateArray())
        {
            all[at++] = read(element);
        }

        return all;
    }

    private static T Read<T>(string text, Func<JsonElement, T> read)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return read(json.RootElement);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException(error.Message.ReplaceLineEndings(" "), error);
        }
    }
}
