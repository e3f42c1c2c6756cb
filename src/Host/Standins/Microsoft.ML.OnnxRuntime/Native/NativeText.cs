using System.Runtime.InteropServices;
using System.Text;

namespace Microsoft.ML.OnnxRuntime.Native;

/// <summary>Text as the C API takes it: UTF-8 with a zero at the end, and paths in the system's own characters.</summary>
internal static unsafe class NativeText
{
    internal static string Read(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    /// <summary>UTF-8 bytes with a zero at the end.</summary>
    internal static byte[] Write(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException($"A name or value must not hold a zero character; found '{text.Replace('\0', '?')}'.", nameof(text));
        }

        var bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    /// <summary>A path with a zero at the end: UTF-16 on Windows, UTF-8 elsewhere.</summary>
    internal static byte[] WritePath(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return OperatingSystem.IsWindows() ? Encoding.Unicode.GetBytes(path + '\0') : Write(path);
    }
}
