using System.Runtime.InteropServices;

namespace PluginLens.Numerics.Kernels;

/// <summary>Memory aligned to cache lines, given back at once rather than at the next collection.</summary>
/// <typeparam name="T">Element.</typeparam>
internal sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    private const nuint HugePage = 2 << 20;

    /// <summary>Uninitialised memory.</summary>
    /// <param name="length">Elements.</param>
    public NativeBuffer(long length)
    {
        Length = length;
        var bytes = (nuint)Math.Max(1, length) * (nuint)sizeof(T);

        // Most of a huge page is worth a whole one.
        var large = OperatingSystem.IsLinux() && bytes >= HugePage * 3 / 4;
        bytes = large ? (bytes + HugePage - 1) / HugePage * HugePage : bytes;
        Pointer = (T*)NativeMemory.AlignedAlloc(bytes, large ? HugePage : 64);
        if (large)
        {
            // Only advice: a refusal is no error. It spares the kernels most of their address translation.
            _ = LinuxMemory.Advise(Pointer, bytes, LinuxMemory.HugePages);
        }
    }

    ~NativeBuffer() => Free();

    public T* Pointer { get; private set; }

    public long Length { get; }

    public void Clear() => NativeMemory.Clear(Pointer, (nuint)Length * (nuint)sizeof(T));

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }
}
