using System.Runtime.InteropServices;
using System.Text;

namespace PluginLens.Plugins.States;

/// <summary>The .safetensors format: length of a JSON header (8 bytes), the header, raw little-endian data.</summary>
internal static class Safetensors
{
    /// <summary>Writes float32 tensors by name, and the ids as <c>input_ids</c> [1,pos] int64 where there are any.</summary>
    /// <param name="stream">Receives the file.</param>
    /// <param name="names">Distinct names.</param>
    /// <param name="read">Gives a tensor by its name; asked twice for each, so that no two have to be in memory.</param>
    /// <param name="tokens">Token ids, <c>[pos]</c>.</param>
    public static void Write(Stream stream, IReadOnlyList<string> names, Func<string, Tensor> read, int[] tokens)
    {
        var ids = Array.ConvertAll(tokens, token => (long)token);
        var offset = ids.Length * 8L;
        List<string> entries = ids.Length == 0 ? [] : [$$"""
            "input_ids":{"dtype":"I64","shape":[1,{{ids.Length}}],"data_offsets":[0,{{offset}}]}
            """];
        foreach (var name in names)
        {
            var shape = read(name).Shape;
            var end = offset + (shape.Aggregate(4L, (size, extent) => size * extent));

            // Names of hooks and weights are plain ASCII identifiers with dots: nothing to escape.
            entries.Add($$"""
                "{{name}}":{"dtype":"F32","shape":[{{string.Join(',', shape)}}],"data_offsets":[{{offset}},{{end}}]}
                """);
            offset = end;
        }

        var header = new StringBuilder().Append('{').AppendJoin(',', entries).Append('}');
        header.Append(' ', (8 - (header.Length % 8)) % 8);
        var bytes = Encoding.ASCII.GetBytes(header.ToString());
        stream.Write(BitConverter.GetBytes((ulong)bytes.Length));
        stream.Write(bytes);
        stream.Write(MemoryMarshal.AsBytes<long>(ids));
        foreach (var name in names)
        {
            stream.Write(MemoryMarshal.AsBytes(read(name).Span));
        }
    }
}
