using System.Globalization;
using System.Text;
using PluginLens.Models.Format.Files;

namespace PluginLens.Import.Gguf;

/// <summary>The value of a key. It stays in the file until it is asked for; that the file holds it whole was checked before.</summary>
/// <param name="Type">Its type; of arrays, that of the entries.</param>
/// <param name="Count">Entries of an array, or null for a single value.</param>
/// <param name="Map">The file.</param>
/// <param name="Offset">Its first byte; of an array, of the first entry.</param>
internal sealed record GgufValue(GgufValueType Type, long? Count, MappedFile Map, long Offset)
{
    private const int ShownEntries = 3;

    /// <summary>How the type is called in messages.</summary>
    public string TypeName => Count is { } count ? $"array of {count} {Name(Type)}" : Name(Type);

    public static string Name(GgufValueType type) => type.ToString().ToLowerInvariant();

    /// <summary>Bytes of one entry; null for strings, which have a length each.</summary>
    public static int? Size(GgufValueType type) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Bool => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
        GgufValueType.String => null,
        _ => 8,
    };

    /// <summary>The entries: long, ulong (beyond long), double, bool or string.</summary>
    public IEnumerable<object> Entries()
    {
        var cursor = new GgufCursor(Map, Offset);
        for (var i = 0L; i < (Count ?? 1); i++)
        {
            yield return Entry(cursor);
        }
    }

    /// <summary>Whether the bytes of a text are not UTF-8.</summary>
    /// <param name="entry">Which entry.</param>
    public bool IsBroken(int entry)
    {
        var cursor = new GgufCursor(Map, Offset);
        for (var i = 0; i < entry; i++)
        {
            cursor.Bytes("a string");
        }

        return GgufCursor.Text(cursor.Bytes("a string")) is null;
    }

    /// <summary>As text, long arrays cut.</summary>
    public string Text()
    {
        var entries = Entries().Take(Count is null ? 1 : ShownEntries).Select(One);
        return Count is { } count ? $"[{string.Join(", ", entries)}{(count > ShownEntries ? ", ..." : "")}] ({count} entries)" : entries.First();
    }

    private static string One(object entry) => entry is string text
        ? Shown.Name(text)
        : Convert.ToString(entry, CultureInfo.InvariantCulture)!.ToLowerInvariant();

    private object Entry(GgufCursor cursor)
    {
        if (Type == GgufValueType.String)
        {
            return Encoding.UTF8.GetString(cursor.Bytes("a string"));
        }

        var bytes = cursor.Take(Size(Type)!.Value, "a value");
        return Type switch
        {
            GgufValueType.UInt8 => (long)bytes[0],
            GgufValueType.Int8 => (long)(sbyte)bytes[0],
            GgufValueType.UInt16 => (long)BitConverter.ToUInt16(bytes),
            GgufValueType.Int16 => (long)BitConverter.ToInt16(bytes),
            GgufValueType.UInt32 => (long)BitConverter.ToUInt32(bytes),
            GgufValueType.Int32 => (long)BitConverter.ToInt32(bytes),
            GgufValueType.Float32 => BitConverter.ToSingle(bytes),
            GgufValueType.Float64 => BitConverter.ToDouble(bytes),
            GgufValueType.Bool => bytes[0] != 0,
            GgufValueType.Int64 => BitConverter.ToInt64(bytes),
            _ => BitConverter.ToUInt64(bytes) is var wide && wide <= long.MaxValue ? (long)wide : wide,
        };
    }
}
