using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime.Native;

/// <summary>Finds the native library, asks it for its table of functions and checks that the table answers as expected.</summary>
internal static unsafe class NativeCore
{
    /// <summary>The smallest version of the table that holds every slot used; asking for more would refuse older libraries.</summary>
    internal const uint TableVersion = 18;

    private const string Name = "onnxruntime";
    private const int InvalidArgument = 2;

    /// <summary>The address of the OrtApi table. A failure is kept and thrown again: the library will not appear later.</summary>
    internal static readonly Lazy<nint> Table = new(Load);

    /// <summary>The version of the loaded library, such as <c>1.29.0</c>.</summary>
    internal static string Version { get; private set; } = "";

    private static nint Load()
    {
        if (!NativeLibrary.TryLoad(Name, typeof(NativeCore).Assembly, null, out var library))
        {
            throw new DllNotFoundException(
                $"The native library of ONNX Runtime ('{FileName}') is not in '{AppContext.BaseDirectory}', or what it needs is missing. " +
                "Build again with npm on the path, which puts it there, or copy version 1.29.0 there by hand.");
        }

        if (!NativeLibrary.TryGetExport(library, "OrtGetApiBase", out var getBase))
        {
            throw new EntryPointNotFoundException($"'{FileName}' is not ONNX Runtime: it has no function 'OrtGetApiBase'. Replace it with version 1.29.0.");
        }

        var apiBase = (nint*)((delegate* unmanaged<nint>)getBase)();
        Version = NativeText.Read(((delegate* unmanaged<byte*>)apiBase[1])());

        // Asking a library for a table that it does not know makes it print to the console; so look at the version first.
        if (!System.Version.TryParse(Version.Split('-', '+')[0], out var version) || version < new Version(1, (int)TableVersion))
        {
            throw new NotSupportedException($"'{FileName}' is version '{Version}' of ONNX Runtime; 1.{TableVersion} or later is needed, 1.29.0 is best.");
        }

        var table = ((delegate* unmanaged<uint, nint*>)apiBase[0])(TableVersion);
        if (table is null || !AnswersAsExpected(table))
        {
            throw new NotSupportedException($"'{FileName}', version '{Version}', does not follow version {TableVersion} of the C API. Replace it with version 1.29.0.");
        }

        return (nint)table;
    }

    /// <summary>Makes a status and reads it back: a table of another layout would not return what went in.</summary>
    private static bool AnswersAsExpected(nint* table)
    {
        fixed (byte* text = "check\0"u8)
        {
            var status = ((delegate* unmanaged<int, byte*, nint>)table[0])(InvalidArgument, text);
            var code = ((delegate* unmanaged<nint, int>)table[1])(status);
            var message = NativeText.Read(((delegate* unmanaged<nint, byte*>)table[2])(status));
            ((delegate* unmanaged<nint, void>)table[93])(status);
            return code == InvalidArgument && message == "check";
        }
    }

    private static string FileName =>
        OperatingSystem.IsWindows() ? $"{Name}.dll" : OperatingSystem.IsMacOS() ? $"lib{Name}.dylib" : $"lib{Name}.so";
}
