using System.Runtime.InteropServices;
using System.Security.Cryptography;
using PluginLens.Files;
using PluginLens.Models.Format.Canonical;
using PluginLens.Models.Format.Coded;
using PluginLens.Models.Format.Files;

namespace PluginLens.Models.Format.Writing;

/// <summary>Writes <c>model.onnx.data</c>: the weights one after the other, each at a multiple of 64 bytes.</summary>
internal sealed class DataFile : IDisposable
{
    private const int Alignment = 64;
    private readonly FileStream _stream;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public DataFile(string path) => _stream = new WrittenFile(path, FileMode.Create);

    public WrittenWeight Add(CanonicalWeight weight)
    {
        var values = weight.Read();
        var elements = weight.Shape.Aggregate(1L, (a, b) => a * b);
        if (values.Length != elements)
        {
            throw new ModelException($"Weight '{weight.Name}' should be [{string.Join(", ", weight.Shape)}], but {values.Length} values were found for it; it is not imported.");
        }

        var bad = NotFinite.FirstIn(values);
        if (bad >= 0)
        {
            throw new ModelException($"Weight '{weight.Name}'{ElementIndex.Of(bad, weight.Shape)} is {values[bad]}; the file is damaged, or its training diverged.");
        }

        return Add(weight.Name, weight.Shape, ElementType.Float, MemoryMarshal.AsBytes<float>(values));
    }

    /// <summary>Writes the parts of a weight.</summary>
    /// <param name="name">Canonical name.</param>
    /// <param name="data">The parts.</param>
    public IEnumerable<WrittenWeight> Add(string name, CodedData data)
    {
        yield return Add(name + CodedNames.Codes, data.Shape, data.Type, data.Codes);
        foreach (var (ending, bytes) in new[] { (CodedNames.Scale, data.Scales), (CodedNames.Minimum, data.Minima) })
        {
            if (bytes is not null)
            {
                yield return Add(name + ending, [data.Shape[0], data.Shape[1], 1, data.Shape[3]], data.ScaleType, bytes);
            }
        }
    }

    /// <summary>sha256 of all that was written.</summary>
    public string Digest() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
    }

    private WrittenWeight Add(string name, long[] shape, ElementType type, ReadOnlySpan<byte> bytes)
    {
        Write(new byte[(Alignment - (_stream.Position % Alignment)) % Alignment]);
        var offset = _stream.Position;
        Write(bytes);
        return new WrittenWeight(name, shape, offset, _stream.Position - offset, type);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _stream.Write(bytes);
        _hash.AppendData(bytes);
    }
}
