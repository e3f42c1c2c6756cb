using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginLens.Fuzz;

/// <summary>Damage as disks, editors and enemies do it: bytes, and values that leave a file's form whole.</summary>
internal static class Damage
{
    private const int LongestRun = 200;
    private const int Front = 2112;

    private static readonly string[] Insertions =
        ["-1", "99999999999", "1e400", "null", "\"", "{", "]", "[[[[[[[[", "\\ud800", "\0", "\u00ff", "true", "\n", "#version", " ", "\"type\":\"Sequence\",", "(a+)+$", ",", "\t", "\r", "\u2028", "NaN"];

    /// <summary>Numbers that lengths, counts and offsets overflow with.</summary>
    private static readonly ulong[] Odd = [0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1UL << 32, 1UL << 60, long.MaxValue, 1UL << 63, ulong.MaxValue];

    private static readonly string[] Values =
        ["null", "true", "false", "0", "-1", "1", "2147483647", "-2147483648", "99999999999", "1e400", "-0.0", "\"\"", "\"a\"", "\"\\u0000\"", "\"\\ud83d\\ude42\"", "\"(a+)+$\"", "\"../../x\"", "\"-1\"", "[]", "{}", "[[]]", "[null]", "{\"type\":null}"];

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 2000 };

    /// <summary>One to three kinds of damage to bytes, a half of them in the front, where lengths and names stand.</summary>
    public static byte[] Bytes(byte[] original, Random random)
    {
        var bytes = original.ToList();
        for (var times = random.Next(1, 4); times > 0 && bytes.Count > 0; times--)
        {
            var at = random.Next(random.Next(2) == 0 ? bytes.Count : Math.Min(bytes.Count, Front));
            var length = Math.Min(random.Next(1, LongestRun), bytes.Count - at);
            switch (random.Next(9))
            {
                case 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 4:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Insertions[random.Next(Insertions.Length)]));
                    break;
                case 5:
                    Digit(bytes, at, random);
                    break;
                case 6:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 7:
                    bytes.Reverse(at, length);
                    break;
                default:
                    Write(bytes, at, BitConverter.GetBytes(Odd[random.Next(Odd.Length)]));
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>JSON that stays JSON: values of other types, members gone, renamed, twice, deeply nested; one in four is damaged by bytes.</summary>
    public static byte[] Json(byte[] original, Random random)
    {
        if (random.Next(4) == 0)
        {
            return Bytes(original, random);
        }

        var root = JsonNode.Parse(original)!;
        var text = (string?)null;
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var nodes = new List<JsonNode>();
            Collect(root, nodes);
            if (nodes.Count == 0)
            {
                break;
            }

            text = Change(nodes[random.Next(nodes.Count)], random) ?? text;
        }

        var json = root.ToJsonString(Plain);
        return Encoding.UTF8.GetBytes(text is null ? json : json.Replace("\"@\"", text, StringComparison.Ordinal));
    }

    /// <summary>A member or an item gone, replaced, moved or twice; what no tree can hold comes back as text, to stand where the tree has "@".</summary>
    private static string? Change(JsonNode node, Random random)
    {
        if (node is JsonObject { Count: > 0 } members)
        {
            var (name, value) = members.ElementAt(random.Next(members.Count));
            switch (random.Next(6))
            {
                case 0:
                    members.Remove(name);
                    break;
                case 1:
                    members.Remove(name);
                    members[name + "_"] = value?.DeepClone();
                    break;
                case 2:
                    members[name] = members.ElementAt(random.Next(members.Count)).Value?.DeepClone();
                    break;
                case 3 when value is not null:
                    // A key twice: the tree knows none, the text does.
                    members[name] = "@";
                    return $"{value.ToJsonString(Plain)},{JsonSerializer.Serialize(name, Plain)}:{value.ToJsonString(Plain)}";
                case 4 when random.Next(8) == 0:
                    var depth = random.Next(30, 3000);
                    members[name] = "@";
                    return string.Concat(Enumerable.Repeat("[", depth)) + string.Concat(Enumerable.Repeat("]", depth));
                default:
                    members[name] = JsonNode.Parse(Any(random));
                    break;
            }
        }
        else if (node is JsonArray { Count: > 0 } items)
        {
            var at = random.Next(items.Count);
            switch (random.Next(4))
            {
                case 0:
                    items.RemoveAt(at);
                    break;
                case 1:
                    items.Insert(at, items[at]?.DeepClone());
                    break;
                case 2:
                    items.Add(items[at]?.DeepClone());
                    break;
                default:
                    items[at] = JsonNode.Parse(Any(random));
                    break;
            }
        }

        return null;
    }

    private static string Any(Random random)
    {
        var value = Values[random.Next(Values.Length)];
        return value == "1e400" ? "1e300" : value;
    }

    private static void Collect(JsonNode? node, List<JsonNode> nodes)
    {
        if (node is JsonObject members)
        {
            nodes.Add(members);
            foreach (var member in members)
            {
                Collect(member.Value, nodes);
            }
        }
        else if (node is JsonArray items)
        {
            nodes.Add(items);
            foreach (var item in items)
            {
                Collect(item, nodes);
            }
        }
    }

    /// <summary>Changes the next number and leaves the file's form whole.</summary>
    private static void Digit(List<byte> bytes, int at, Random random)
    {
        for (; at < bytes.Count; at++)
        {
            if (bytes[at] is >= (byte)'0' and <= (byte)'9')
            {
                bytes[at] = (byte)('0' + random.Next(10));
                return;
            }
        }
    }

    private static void Write(List<byte> bytes, int at, byte[] value)
    {
        foreach (var part in value.TakeWhile(_ => at < bytes.Count))
        {
            bytes[at++] = part;
        }
    }
}
