using System.Runtime.InteropServices;
using System.Text.Json;

namespace PluginLens.Tests.Shared;

/// <summary>Reads the reference files: float32 and int64 tensors by name.</summary>
internal sealed class SafetensorsFile
{
    private readonly byte[] _bytes;
    private readonly Dictionary<string, (string Type, int[] Shape, int Start, int End)> _entries = new(StringComparer.Ordinal);

    /// <summary>Reads a file whole.</summary>
    /// <param name="path">A .safetensors file.</param>
    public SafetensorsFile(string path)
    {
        _bytes = File.ReadAllBytes(path);
        var length = (int)BitConverter.ToUInt64(_bytes, 0);
        using var header = JsonDocument.Parse(_bytes.AsMemory(8, length));
        foreach (var entry in header.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__"))
        {
            var offsets = entry.Value.GetProperty("data_offsets");
            _entries[entry.Name] = (
                entry.Value.GetProperty("dtype").GetString()!,
                [.. entry.Value.GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt32())],
                8 + length + offsets[0].GetInt32(),
                8 + length + offsets[1].GetInt32());
        }
    }

    /// <summary>Every name.</summary>
    public IEnumerable<string> Names => _entries.Keys;

    /// <summary>Whether there is a tensor.</summary>
    /// <param name="name">Its name.</param>
    public bool Has(string name) => _entries.ContainsKey(name);

    /// <summary>A float32 tensor.</summary>
    /// <param name="name">Its name.</param>
    public Tensor Floats(string name) => new(name, MemoryMarshal.Cast<byte, float>(Bytes(name, "F32")).ToArray(), _entries[name].Shape);

    /// <summary>An int64 matrix as rows.</summary>
    /// <param name="name">Its name.</param>
    public int[][] Rows(string name)
    {
        var values = Array.ConvertAll(MemoryMarshal.Cast<byte, long>(Bytes(name, "I64")).ToArray(), value => (int)value);
        return [.. values.Chunk(_entries[name].Shape[1])];
    }

    private ReadOnlySpan<byte> Bytes(string name, string type)
    {
        var entry = _entries[name];
        Assert.That(entry.Type, Is.EqualTo(type), name);
        return _bytes.AsSpan(entry.Start, entry.End - entry.Start);
    }
}
