using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Microsoft.ML.OnnxRuntime.Native;

/// <summary>Owns a native value, and the pin on the managed memory that it lies over, if any.</summary>
internal sealed unsafe class ValueHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private MemoryHandle pin;

    internal ValueHandle(nint value, MemoryHandle pin = default)
        : base(ownsHandle: true)
    {
        this.pin = pin;
        SetHandle(value);
    }

    protected override bool ReleaseHandle()
    {
        OrtApi.ReleaseValue(handle);
        pin.Dispose();
        return true;
    }
}
