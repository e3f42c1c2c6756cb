using PluginLens.Import.Gguf;
using PluginLens.Import.Gguf.Mapping;
using PluginLens.Import.Gguf.Text;

namespace PluginLens.Import.Tests.Gguf;

/// <summary>Three thousand files with damage at random places: each is read, or refused in one line.</summary>
public sealed class GgufMutationTests
{
    private const int Inputs = 3000;
    private const int LongestRun = 16;
    // Numbers that lengths, counts and offsets overflow with.
    private static readonly ulong[] Odd = [0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1UL << 32, 1UL << 60, long.MaxValue, 1UL << 63, ulong.MaxValue];

    [Test]
    public void Open_MutatedFile_IsReadOrRefusedInOneLine()
    {
        var folder = GoldenGguf.Unpack("hostile.zip");
        byte[][] valid =
        [
            .. new[] { "base.gguf", "alignment-128.gguf", "head-count-array.gguf", "tensor-mxfp4.gguf" }.Select(n => File.ReadAllBytes(Path.Combine(folder.FullName, n))),
            File.ReadAllBytes(GoldenGguf.Model("llama-Q4_0")),
        ];
        var (random, path, read) = (new Random(12), Path.Combine(folder.FullName, "mutated.gguf"), 0);
        for (var i = 0; i < Inputs; i++)
        {
            File.WriteAllBytes(path, Mutated(valid[i % 50 == 49 ? 4 : i % 4], random));
            try
            {
                Read(path);
                read++;
            }
            catch (ModelException error)
            {
                Assert.That(error.Message.Any(char.IsControl), Is.False, error.Message);
            }
        }

        folder.Delete(recursive: true);
        Assert.That(read, Is.InRange(Inputs / 50, Inputs - (Inputs / 50)), "mutations that are all harmless, or all fatal, test nothing");
    }

    private static void Read(string path)
    {
        using var source = GgufSource.Open(path);
        var model = GgufModel.Of(source);
        foreach (var weight in model.Weights)
        {
            Assert.That(weight.Read(), Has.Length.EqualTo(weight.Shape.Aggregate(1L, (a, b) => a * b)), weight.Name);
        }

        foreach (var (_, value) in source.Keys.All)
        {
            Assert.That(value.Text().Any(char.IsControl), Is.False);
        }

        TokenizerWriter.Of(source, model.Facts["d_vocab"]!.GetValue<long>(), []);
    }

    /// <summary>One to three kinds of damage, most of them in the front, where lengths and names stand.</summary>
    private static byte[] Mutated(byte[] valid, Random random)
    {
        var bytes = (byte[])valid.Clone();
        for (var damage = random.Next(1, 4); damage > 0; damage--)
        {
            var at = random.Next(random.Next(4) == 0 ? bytes.Length : Math.Min(bytes.Length, 2112));
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2 when at + 8 <= bytes.Length:
                    BitConverter.TryWriteBytes(bytes.AsSpan(at), Odd[random.Next(Odd.Length)]);
                    break;
                case 3 when bytes.Length > 100:
                    bytes = [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(1, LongestRun))..]];
                    break;
                default:
                    bytes = [.. bytes[..at], .. bytes[Math.Max(0, at - random.Next(LongestRun))..]];
                    break;
            }
        }

        return bytes;
    }
}
