using PluginLens.Models.Format.Files;

namespace PluginLens.Import.Gguf;

/// <summary>One GGUF file, opened and checked: its keys and where its tensors lie. No value is read before it is asked for.</summary>
internal sealed class GgufFile : IDisposable
{
    private readonly MappedFile _map;

    private GgufFile(MappedFile map, GgufKeys keys, IReadOnlyList<GgufTensor> tensors, long tail) =>
        (_map, Keys, Tensors, TailBytes) = (map, keys, tensors, tail);

    public string Path => _map.Path;

    public GgufKeys Keys { get; }

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<GgufTensor> Tensors { get; }

    /// <summary>Bytes behind the last tensor that belong to nothing.</summary>
    public long TailBytes { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">Where it lies.</param>
    /// <exception cref="ModelException">It is damaged, or of a kind that is not read; says which.</exception>
    public static GgufFile Open(string path)
    {
        if (!File.Exists(path))
        {
            throw new ModelException($"'{path}' does not exist; expected a GGUF file.");
        }

        var map = new MappedFile(path);
        try
        {
            var cursor = new GgufCursor(map);
            var header = GgufHeader.Read(cursor);
            var keys = GgufKeyList.Read(cursor, header.Keys);
            var (tensors, end) = GgufTensorList.Read(cursor, header.Tensors, keys.Alignment());
            return new GgufFile(map, keys, tensors, Math.Max(0, map.Length - end));
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _map.Dispose();
}
