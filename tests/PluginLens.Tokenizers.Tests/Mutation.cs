using System.Text;

namespace PluginLens.Tokenizers.Tests;

/// <summary>Damage as disks, editors and enemies do it.</summary>
internal static class Mutation
{
    private static readonly string[] Insertions =
        ["-1", "99999999999", "1e400", "null", "\"", "{", "]", "[[[[[[[[", "\\ud800", "\0", "\u00ff", "true", "\n", "#version", " ", "\"type\":\"Sequence\",", "(a+)+$"];

    public static byte[] Of(byte[] original, Random random)
    {
        var bytes = original.ToList();
        for (var times = random.Next(1, 4); times > 0 && bytes.Count > 0; times--)
        {
            var at = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 200), bytes.Count - at);
            switch (random.Next(8))
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
                    Digits(bytes, at, random);
                    break;
                case 6:
                    bytes[at] = (byte)random.Next(256);
                    break;
                default:
                    bytes.Reverse(at, length);
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>Changes the next number and leaves the file's form whole.</summary>
    private static void Digits(List<byte> bytes, int at, Random random)
    {
        for (; at < bytes.Count; at++)
        {
            if (bytes[at] is < (byte)'0' or > (byte)'9')
            {
                continue;
            }

            bytes[at] = (byte)('0' + random.Next(10));
            return;
        }
    }
}
