using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace PluginLens.Import.Tests;

/// <summary>Reads .npy files, alone or in an .npz archive.</summary>
internal static class NumpyFile
{
    public static float[] Floats(string path) => Values<float>(File.ReadAllBytes(path), "<f4");

    public static float[] Floats(string archive, string name) => Values<float>(Entry(archive, name), "<f4");

    public static long[] Integers(string archive, string name) => Values<long>(Entry(archive, name), "<i8");

    private static byte[] Entry(string archive, string name)
    {
        using var zip = ZipFile.OpenRead(archive);
        using var stream = zip.GetEntry($"{name}.npy")!.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static T[] Values<T>(byte[] bytes, string type)
        where T : unmanaged
    {
        var header = BitConverter.ToUInt16(bytes, 8);
        Assert.That(Encoding.ASCII.GetString(bytes, 10, header), Does.Contain($"'{type}'").And.Contain("'fortran_order': False"));
        return MemoryMarshal.Cast<byte, T>(bytes.AsSpan(10 + header)).ToArray();
    }
}
