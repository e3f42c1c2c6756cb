using System.Reflection;

namespace PluginLens;

/// <summary>The properties of a row type that become columns.</summary>
internal static class RowProperties
{
    /// <summary>Them in order; a type that cannot be a table is refused.</summary>
    /// <param name="row">A record.</param>
    public static IReadOnlyList<PropertyInfo> Of(Type row)
    {
        var properties = Array.FindAll(
            row.GetProperties(BindingFlags.Public | BindingFlags.Instance),
            property => property.GetMethod is not null && property.GetIndexParameters().Length == 0);
        if (properties.Length == 0)
        {
            throw new ArgumentException($"Row type {row.Name} has no public properties, so the table would have no columns.");
        }

        var other = Array.Find(properties, property => !IsColumn(Plain(property)));
        return other is null ? properties : throw new ArgumentException(
            $"Column '{other.Name}' of {other.DeclaringType?.Name} has type {Plain(other).Name}; columns are numbers, text, booleans, enumerations and tokens.");
    }

    /// <summary>Its type, or that which its nullable form holds.</summary>
    /// <param name="property">A property of a row.</param>
    public static Type Plain(PropertyInfo property) => Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;

    /// <summary>How many columns a property becomes: a token is text and id.</summary>
    /// <param name="property">A property of a row.</param>
    public static int Columns(PropertyInfo property) => Plain(property) == typeof(Token) ? 2 : 1;

    private static bool IsColumn(Type type) => type == typeof(Token) || type.IsEnum || Type.GetTypeCode(type) is
        TypeCode.String or TypeCode.Boolean or TypeCode.Single or TypeCode.Double
        or TypeCode.Byte or TypeCode.SByte or TypeCode.Int16 or TypeCode.UInt16 or TypeCode.Int32 or TypeCode.UInt32 or TypeCode.Int64;
}
