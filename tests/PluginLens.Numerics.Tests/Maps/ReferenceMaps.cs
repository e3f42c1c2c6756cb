using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using PluginLens.Tests.Shared;

namespace PluginLens.Numerics.Tests.Maps;

/// <summary>The data of tests/Golden/maps.</summary>
internal static class ReferenceMaps
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "Golden", "maps");

    public static JsonElement Quality { get; } = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "quality.json"))).RootElement;

    public static Matrix Matrix(string name)
    {
        var (data, rows, columns) = Read<float>(name);
        return new Matrix(data, rows, columns);
    }

    public static int[] Ints(string name) => Read<int>(name).Data;

    public static float[][] Rows(Matrix matrix) => [.. Enumerable.Range(0, matrix.Rows).Select(row => matrix.Data.Slice(row * matrix.Columns, matrix.Columns).ToArray())];

    // Version 1, row after row: 10 bytes, the header, numbers.
    private static (T[] Data, int Rows, int Columns) Read<T>(string name)
        where T : unmanaged
    {
        var bytes = File.ReadAllBytes(Path.Combine(Folder, name + ".npy"));
        var length = BitConverter.ToUInt16(bytes, 8);
        var header = Encoding.ASCII.GetString(bytes, 10, length);
        Assert.That(header, Does.Contain(typeof(T) == typeof(float) ? "'<f4'" : "'<i4'").And.Contain("'fortran_order': False"));
        var shape = Regex.Match(header, @"\((\d+),\s*(\d*)\)");
        var columns = shape.Groups[2].Length == 0 ? 1 : int.Parse(shape.Groups[2].Value, CultureInfo.InvariantCulture);
        return (MemoryMarshal.Cast<byte, T>(bytes.AsSpan(10 + length)).ToArray(), int.Parse(shape.Groups[1].Value, CultureInfo.InvariantCulture), columns);
    }
}
