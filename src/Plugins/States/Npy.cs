using System.Runtime.InteropServices;
using System.Text;

namespace PluginLens.Plugins.States;

/// <summary>The .npy format, version 1.0: magic, a Python dict padded to 64 bytes, raw little-endian data.</summary>
internal static class Npy
{
    /// <summary>Writes one float32 tensor.</summary>
    /// <param name="stream">Receives the file.</param>
    /// <param name="tensor">Any rank.</param>
    public static void Write(Stream stream, Tensor tensor)
    {
        var shape = string.Concat(tensor.Shape.Select(extent => $"{extent},"));
        var header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), }}";
        var padding = 63 - ((10 + header.Length) % 64);
        var text = Encoding.ASCII.GetBytes(header + new string(' ', padding) + '\n');
        stream.Write([0x93, .. "NUMPY"u8, 1, 0]);
        stream.Write([(byte)text.Length, (byte)(text.Length >> 8)]);
        stream.Write(text);
        stream.Write(MemoryMarshal.AsBytes(tensor.Span));
    }
}
