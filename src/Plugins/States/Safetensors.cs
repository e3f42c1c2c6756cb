using System.Runtime.InteropServices;
using System.Text;

namespace PluginLens.Plugins.States;

/// <summary>The .safetensors format: length of a JSON header (8 bytes), the header, raw little-endian data.</summary>
internal static class Safetensors
{
    /// <summary>Writes float32 tensors by name, and the ids as <c>input_ids</c> [1,pos] int64.</summary>
    /// <param name="stream">Receives the file.</param>
    /// <param name="tensors">Tensors with distinct names.</param>
    /// <param name="tokens">Token ids, <c>[pos]</c>.</param>
    public static void Write(Stream stream, IReadOnlyList<Tensor> tensors, int[] tokens)
    {
        var ids = Array.ConvertAll(tokens, token => (long)token);
        var header = new StringBuilder($$"""{"input_ids":{"dtype":"I64","shape":[1,{{ids.Length}}],"data_offsets":[0,{{ids.Length * 8}}]}""");
        var offset = ids.Length * 8L;
        foreach (var tensor in tensors)
        {
            var end = offset + (tensor.Span.Length * 4L);

            // Hook names are plain ASCII identifiers with dots: nothing to escape.
            header.Append(System.Globalization.CultureInfo.InvariantCulture, $$""","{{tensor.Name}}":{"dtype":"F32","shape":[{{string.Join(',', tensor.Shape)}}],"data_offsets":[{{offset}},{{end}}]}""");
            offset = end;
        }

        header.Append('}').Append(' ', (8 - ((header.Length) % 8)) % 8);
        var bytes = Encoding.ASCII.GetBytes(header.ToString());
        stream.Write(BitConverter.GetBytes((ulong)bytes.Length));
        stream.Write(bytes);
        stream.Write(MemoryMarshal.AsBytes<long>(ids));
        foreach (var tensor in tensors)
        {
            stream.Write(MemoryMarshal.AsBytes(tensor.Span));
        }
    }
}
