using System.Reflection;

namespace PluginLens.Host;

/// <summary>The columns of a record type: its properties in order, a <see cref="Token"/> as text and id.</summary>
internal static class RowColumns
{
    /// <summary>Columns of a row type.</summary>
    /// <param name="row">A record.</param>
    /// <param name="without">Properties that are no columns.</param>
    public static IReadOnlyList<Column> Of(Type row, IReadOnlyCollection<string> without) =>
        [.. RowProperties.Of(row).Where(property => !without.Contains(property.Name)).SelectMany(OfProperty)];

    private static IEnumerable<Column> OfProperty(PropertyInfo property)
    {
        var name = Names.Snake(property.Name);
        var get = Getter(property);
        var type = RowProperties.Plain(property);
        if (type == typeof(Token))
        {
            return
            [
                new Column(name, ColumnKind.Token, row => get(row) is Token token ? token.Text : null),
                new Column($"{name}_id", ColumnKind.Integer, row => get(row) is Token token ? token.Id : null),
            ];
        }

        if (type.IsEnum)
        {
            return [new Column(name, ColumnKind.Text, row => get(row) is { } member ? Names.Kebab(member.ToString()!) : null)];
        }

        return [Type.GetTypeCode(type) switch
        {
            TypeCode.String => new Column(name, ColumnKind.Text, get),
            TypeCode.Boolean => new Column(name, ColumnKind.Boolean, get),
            TypeCode.Single or TypeCode.Double => new Column(name, ColumnKind.Number, get),
            TypeCode.Int32 or TypeCode.Int64 => new Column(name, ColumnKind.Integer, get),
            _ => new Column(name, ColumnKind.Integer, row => get(row) is { } value ? Convert.ToInt64(value, null) : null),
        }];
    }

    /// <summary>Reads a property of a row: whoever only names columns pays for nothing, and the runtime makes code of it from the second row on.</summary>
    private static Func<object, object?> Getter(PropertyInfo property)
    {
        var get = MethodInvoker.Create(property.GetMethod!);
        return row => get.Invoke(row);
    }
}
