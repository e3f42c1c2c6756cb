using System.Runtime.InteropServices;
using System.Text;

namespace PluginLens.Import.Tests;

/// <summary>Reads a float32 .npy file.</summary>
internal static class NumpyFile
{
    public static float[] Floats(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var header = BitConverter.ToUInt16(bytes, 8);
        Assert.That(Encoding.ASCII.GetString(bytes, 10, header), Does.Contain("'<f4'").And.Contain("'fortran_order': False"), path);
        return MemoryMarshal.Cast<byte, float>(bytes.AsSpan(10 + header)).ToArray();
    }
}
