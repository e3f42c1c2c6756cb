using System.Globalization;
using PluginLens.Files;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Files;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Source;

/// <summary>Where a tensor's bytes lie outside the ONNX file. Only a file inside the model's folder is ever opened.</summary>
/// <param name="File">Full path of the data file.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Number of bytes.</param>
internal sealed record ExternalData(string File, long Offset, long Length)
{
    /// <summary>Checks an external tensor's entry: a relative path inside the folder, an existing file, long enough.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="model">The ONNX file; data inside it are referred to by its name.</param>
    /// <param name="expectedBytes">What shape and type need.</param>
    public static ExternalData Of(TensorProto tensor, string model, long? expectedBytes)
    {
        var entries = tensor.ExternalData.GroupBy(e => e.Key).ToDictionary(g => g.Key, g => g.Last().Value);
        var location = entries.GetValueOrDefault("location", "");
        var path = location == Path.GetFileName(model) ? model : ExternalPath.Resolve(Path.GetDirectoryName(model)!, Portable(location), tensor.Name);
        var size = RegularFile.Length(path);
        var offset = Number(tensor.Name, entries, "offset") ?? 0;
        var length = Number(tensor.Name, entries, "length") ?? expectedBytes ?? size - offset;
        if (expectedBytes is { } expected && length != expected)
        {
            throw new ModelException(
                $"Tensor '{tensor.Name}' has {length} bytes of data for shape [{string.Join(", ", tensor.Dims)}] " +
                $"{ElementTypes.Name(tensor.DataType)} ({expected}); export the model again.");
        }

        if (offset > size - length)
        {
            throw new ModelException(
                $"External data file '{location}' ends at byte {size}, but tensor '{tensor.Name}' lies at bytes {offset} to {offset + length}: " +
                "the file is truncated; download or copy it again.");
        }

        return new ExternalData(path, offset, length);
    }

    /// <summary>A relative path with the separators of every system: exporters on Windows write theirs. Absolute ones stay, to be refused as they are written.</summary>
    private static string Portable(string location) =>
        location is ['\\', ..] or [_, ':', ..] ? location : location.Replace('\\', '/');

    private static long? Number(string tensor, Dictionary<string, string> entries, string key)
    {
        if (!entries.TryGetValue(key, out var text))
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new ModelException($"External data of tensor '{tensor}' has the {key} '{text}'; expected a number of bytes.");
    }
}
