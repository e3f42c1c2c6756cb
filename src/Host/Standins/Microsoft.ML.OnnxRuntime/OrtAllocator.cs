using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Native;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>Gives out memory of the native library.</summary>
public unsafe class OrtAllocator : SafeHandle
{
    private static readonly Lazy<OrtAllocator> Default = new(() => new OrtAllocator());

    // The default allocator belongs to the native library and is never released.
    private OrtAllocator()
        : base(0, ownsHandle: false)
    {
        nint allocator;
        Status.Check(OrtApi.GetDefaultAllocator(&allocator));
        SetHandle(allocator);
    }

    /// <summary>The allocator of the process's own memory.</summary>
    public static OrtAllocator DefaultInstance => Default.Value;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => true;
}
