using System.Runtime.InteropServices;

namespace PluginLens.Numerics;

/// <summary>Memory aligned to cache lines, given back at once rather than at the next collection.</summary>
/// <typeparam name="T">Element.</typeparam>
internal sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    /// <summary>Uninitialised memory.</summary>
    /// <param name="length">Elements.</param>
    public NativeBuffer(long length)
    {
        Length = length;
        Pointer = (T*)NativeMemory.AlignedAlloc((nuint)Math.Max(1, length) * (nuint)sizeof(T), 64);
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
