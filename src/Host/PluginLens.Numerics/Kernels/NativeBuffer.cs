using System.Runtime.InteropServices;

namespace PluginLens.Numerics.Kernels;

/// <summary>Memory aligned to cache lines, given back at once rather than at the next collection; what is large is kept for the next of the same size.</summary>
/// <typeparam name="T">Element.</typeparam>
internal sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    private const nuint HugePage = 2 << 20;
    private readonly nuint bytes;

    /// <summary>Uninitialised memory.</summary>
    /// <param name="length">Elements.</param>
    public NativeBuffer(long length)
    {
        Length = length;
        bytes = (nuint)Math.Max(1, length) * (nuint)sizeof(T);

        // Most of a huge page is worth a whole one.
        var large = OperatingSystem.IsLinux() && bytes >= HugePage * 3 / 4;
        bytes = large ? (bytes + HugePage - 1) / HugePage * HugePage : bytes;
        Pointer = (T*)KeptMemory.Take(bytes);
        if (Pointer is not null)
        {
            return;
        }

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
        // Twice disposed is once given back.
        if (Pointer is not null)
        {
            KeptMemory.Give(Pointer, bytes);
            Pointer = null;
        }
    }
}
