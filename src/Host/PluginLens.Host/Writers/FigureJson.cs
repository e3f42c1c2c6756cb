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
    public static void Write(JsonWriter json, Figure figure) => WriteObject(json, figure, Names.Kebab(figure.GetType().Name));

    private static void WriteObject(JsonWriter json, object value, string? kind)
    {
        json.WriteStartObject();
        if (kind is not null)
        {
            json.WritePropertyName("kind");
            json.WriteValue(kind);
        }

        foreach (var property in Properties(value.GetType()))
        {
            json.WritePropertyName(Names.Snake(property.Name));
            WriteValue(json, property.GetValue(value));
        }

        json.WriteEndObject();
    }

    /// <summary>The title, which the base record declares, first.</summary>
    private static IEnumerable<PropertyInfo> Properties(Type type) => type
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .OrderBy(property => property.DeclaringType == type);

    private static void WriteValue(JsonWriter json, object? value)
    {
        switch (value)
        {
            case double number:
                json.WriteValue(double.IsFinite(number) ? number : null);
                break;
            case null or string or bool or int:
                json.WriteValue(value);
                break;
            case IEnumerable list:
                json.WriteStartArray();
                foreach (var element in list)
                {
                    WriteValue(json, element);
                }

                json.WriteEndArray();
                break;
            default:
                WriteObject(json, value, kind: null);
                break;
        }
    }
}
