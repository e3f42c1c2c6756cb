using System.Text.Json;
using System.Text.Json.Nodes;
using PluginLens.Import.Gguf;
using PluginLens.Import.Gguf.Types;

namespace PluginLens.Import.Tests.Gguf;

/// <summary>Every type of ggml's weights gives the float32 values of ggml's own library, bit for bit; every kind of key its value.</summary>
public sealed class GgufTypesTests
{
    private static readonly Dictionary<string, string> Expected =
        JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(Path.Combine(GoldenGguf.Folder, "types", "float32-sha256.json")))!;

    [Test]
    public void Values_OfAllTypes_AreThoseOfTheLibrary()
    {
        using var source = GgufSource.Open(Path.Combine(GoldenGguf.Folder, "types", "all-types.gguf"));

        AssertValues(source, Expected.Count);
        Assert.That(source.Tensors.Select(t => t.Type.Name).Distinct(), Is.EquivalentTo(GgmlType.All.Select(t => t.Name)));
    }

    [TestCase("align-64.gguf", 6)]
    [TestCase("align-4096.gguf", 3)]
    [TestCase("no-tensors.gguf", 0)]
    [TestCase("split/all-types-00001-of-00002.gguf", 69)]
    public void Open_OtherContainers_HoldTheSameValues(string name, int tensors)
    {
        var folder = GoldenGguf.Unpack(Path.Combine("types", "parts.zip"));
        using (var source = GgufSource.Open(Path.Combine(folder.FullName, name)))
        {
            AssertValues(source, tensors);
        }

        folder.Delete(recursive: true);
    }

    [Test]
    public void Keys_OfAllTypes_AreReadAsWritten()
    {
        using var source = GgufSource.Open(Path.Combine(GoldenGguf.Folder, "types", "all-types.gguf"));
        var expected = JsonNode.Parse(File.ReadAllText(Path.Combine(GoldenGguf.Folder, "types", "all-types.keys.json")))!.AsObject();

        Assert.That(expected, Is.Not.Empty);
        foreach (var (key, entry) in expected)
        {
            var found = source.Keys.Find(key)!.Entries().ToArray();
            JsonNode?[] wanted = entry!["value"] is JsonArray array ? [.. array] : [entry["value"]];
            Assert.That(found, Has.Length.EqualTo(wanted.Length), key);
            foreach (var (value, text) in found.Zip(wanted))
            {
                // Integers are written as texts, for they may be wider than a double.
                object expectedValue = value is float or double ? text!.GetValue<double>() : value is bool ? text!.GetValue<bool>() : text!.GetValue<string>();
                Assert.That(value is float or double ? Convert.ToDouble(value) : value is bool ? value : $"{value}", Is.EqualTo(expectedValue), key);
            }
        }
    }

    [Test]
    public void Read_AStretch_IsThatPartOfTheWhole()
    {
        using var source = GgufSource.Open(Path.Combine(GoldenGguf.Folder, "types", "all-types.gguf"));
        foreach (var tensor in source.Tensors.Where(t => t.Name.StartsWith("t.", StringComparison.Ordinal)))
        {
            Assert.That(tensor.Read(512, 1024), Is.EqualTo(tensor.Read()[512..1536]), tensor.Name);
        }
    }

    private static void AssertValues(GgufSource source, int tensors)
    {
        Assert.That(source.Tensors, Has.Count.EqualTo(tensors));
        foreach (var tensor in source.Tensors)
        {
            var values = new float[tensor.Elements];
            tensor.Type.Values(tensor.Blocks(0, (int)(tensor.Elements / tensor.Type.Elements)), values);
            Assert.That(GoldenGguf.Hash(values), Is.EqualTo(Expected[tensor.Name]), tensor.Name);
        }
    }
}
