using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime.Native;

/// <summary>A list of names as an array of pointers to UTF-8 text, freed when disposed of.</summary>
internal sealed unsafe class Names : IDisposable
{
    private readonly nint[] pointers;

    internal Names(IReadOnlyCollection<string> names)
    {
        pointers = new nint[names.Count];
        var i = 0;
        foreach (var name in names)
        {
            pointers[i++] = Marshal.StringToCoTaskMemUTF8(name);
        }
    }

    internal nint[] Pointers => pointers;

    public void Dispose()
    {
        foreach (var pointer in pointers)
        {
            Marshal.FreeCoTaskMem(pointer);
        }
    }
}
