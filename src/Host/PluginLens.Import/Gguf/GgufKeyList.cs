namespace PluginLens.Import.Gguf;

/// <summary>Reads the keys at the front of a file. Values are checked to be there whole, and left where they are.</summary>
internal static class GgufKeyList
{
    private const int LongestKey = 65535;

    /// <summary>Reads the keys.</summary>
    /// <param name="cursor">At the first one.</param>
    /// <param name="count">Number of keys; the file is long enough for so many.</param>
    public static GgufKeys Read(GgufCursor cursor, long count)
    {
        var values = new OrderedDictionary<string, GgufValue>(StringComparer.Ordinal);
        for (var i = 0L; i < count; i++)
        {
            var name = cursor.Name(LongestKey, $"key {i}");
            if (!values.TryAdd(name, Value(cursor, name)))
            {
                throw new ModelException($"'{cursor.File}' has the key {Shown.Name(name)} twice; it is damaged.");
            }
        }

        return new GgufKeys(cursor.File, values);
    }

    private static GgufValue Value(GgufCursor cursor, string key)
    {
        var what = $"the value of {Shown.Name(key)}";
        var type = Type(cursor, key);
        if (type != GgufValueType.Array)
        {
            var at = cursor.Position;
            PassOver(cursor, type, 1, what);
            return new GgufValue(type, null, cursor.Map, at);
        }

        var element = Type(cursor, key);
        if (element == GgufValueType.Array)
        {
            throw new ModelException($"'{cursor.File}' has an array of arrays as {Shown.Name(key)}, which GGUF files do not hold; it is damaged.");
        }

        var count = cursor.Count(cursor.UInt64($"the length of {what}"), GgufValue.Size(element) ?? 8, $"entries of {Shown.Name(key)}");
        var first = cursor.Position;
        PassOver(cursor, element, count, what);
        return new GgufValue(element, count, cursor.Map, first);
    }

    private static void PassOver(GgufCursor cursor, GgufValueType type, long count, string what)
    {
        if (type is not (GgufValueType.String or GgufValueType.Bool))
        {
            cursor.Skip((ulong)count * (ulong)GgufValue.Size(type)!.Value, what);
            return;
        }

        for (var i = 0L; i < count; i++)
        {
            if (type == GgufValueType.String)
            {
                cursor.Bytes(what);
            }
            else if (cursor.Take(1, what)[0] is > 1 and var value)
            {
                throw new ModelException($"'{cursor.File}' has the bool {value} in {what}; expected 0 or 1. It is damaged.");
            }
        }
    }

    private static GgufValueType Type(GgufCursor cursor, string key)
    {
        var type = cursor.UInt32($"the type of {Shown.Name(key)}");
        return type <= (uint)GgufValueType.Float64 ? (GgufValueType)type : throw new ModelException($"'{cursor.File}' has the unknown value type {type} at " +
            $"{Shown.Name(key)}; it is damaged.");
    }
}
