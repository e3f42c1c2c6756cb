using PluginLens.Models.Format.Proto;

namespace PluginLens.Models.Tests.Folders;

/// <summary>A copy of a model folder that a test may damage; gone afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    /// <summary>Copies a folder.</summary>
    /// <param name="source">A folder of files.</param>
    public TemporaryFolder(string source)
    {
        Path = Directory.CreateTempSubdirectory("pluginlens-").FullName;
        foreach (var file in Directory.GetFiles(source))
        {
            File.Copy(file, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)));
        }
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>A file in it.</summary>
    /// <param name="name">File name.</param>
    public string Of(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes one number into the data file.</summary>
    /// <param name="weight">Weight name.</param>
    /// <param name="index">Which element.</param>
    /// <param name="value">The number.</param>
    public void Overwrite(string weight, int index, float value) => Write(weight, index, [value]);

    /// <summary>Writes a whole weight into the data file.</summary>
    /// <param name="weight">Weight name.</param>
    /// <param name="values">Its elements.</param>
    public void Overwrite(string weight, ReadOnlySpan<float> values) => Write(weight, 0, values);

    private void Write(string weight, int index, ReadOnlySpan<float> values)
    {
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Of("model.onnx")));
        var place = model.Graph.Initializer.First(tensor => tensor.Name == weight).ExternalData;
        using var file = File.OpenWrite(Of("model.onnx.data"));
        file.Position = long.Parse(place.First(entry => entry.Key == "offset").Value) + (4 * index);
        file.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values));
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
