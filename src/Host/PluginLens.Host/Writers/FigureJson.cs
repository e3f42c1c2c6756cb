using System.Collections;
using System.Reflection;
using Newtonsoft.Json;

namespace PluginLens.Host;

/// <summary>Figures as JSON: <c>kind</c>, then the properties of the record in snake_case. What is not finite becomes null.</summary>
internal static class FigureJson
{
    /// <summary>Writes a figure as an object.</summary>
    /// <param name="json">Receives it.</param>
    /// <param name="figure">The figure.</param>
    public static void Write(JsonWriter json, Figure figure) => WriteNode(json, Content(figure));

    /// <summary>A figure as names and values: null, texts, flags, numbers, lists and nodes.</summary>
    /// <param name="figure">The figure.</param>
    public static FigureNode Content(Figure figure) => figure is PipedFigure piped
        ? piped.Content
        : new FigureNode([new("kind", Names.Kebab(figure.GetType().Name)), .. Fields(figure)]);

    private static IEnumerable<KeyValuePair<string, object?>> Fields(object value) =>
        Properties(value.GetType()).Select(property => new KeyValuePair<string, object?>(Names.Snake(property.Name), Plain(property.GetValue(value))));

    /// <summary>The title, which the base record declares, first.</summary>
    private static IEnumerable<PropertyInfo> Properties(Type type) => type
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .OrderBy(property => property.DeclaringType == type);

    private static object? Plain(object? value) => value switch
    {
        double number => double.IsFinite(number) ? number : null,
        null or string or bool or int => value,
        IEnumerable list => list.Cast<object?>().Select(Plain).ToArray(),
        _ => new FigureNode([.. Fields(value)]),
    };

    private static void WriteNode(JsonWriter json, FigureNode node)
    {
        json.WriteStartObject();
        foreach (var (name, value) in node.Fields)
        {
            json.WritePropertyName(name);
            WriteValue(json, value);
        }

        json.WriteEndObject();
    }

    private static void WriteValue(JsonWriter json, object? value)
    {
        switch (value)
        {
            case FigureNode node:
                WriteNode(json, node);
                break;
            case object?[] list:
                json.WriteStartArray();
                Array.ForEach(list, element => WriteValue(json, element));
                json.WriteEndArray();
                break;
            default:
                json.WriteValue(value);
                break;
        }
    }
}
