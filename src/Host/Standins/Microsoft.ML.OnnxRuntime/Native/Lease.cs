using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime.Native;

/// <summary>Keeps a native object alive for the length of a call, whatever other threads dispose of meanwhile.</summary>
internal readonly ref struct Lease
{
    private readonly SafeHandle handle;

    internal Lease(SafeHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        this.handle = handle;
        var taken = false;
        handle.DangerousAddRef(ref taken);
    }

    internal nint Pointer => handle.DangerousGetHandle();

    public void Dispose() => handle.DangerousRelease();
}
