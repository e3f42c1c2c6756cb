using Microsoft.Win32.SafeHandles;

namespace Microsoft.ML.OnnxRuntime.Native;

/// <summary>Owns a native session, and keeps the environment and the initializers that it was given alive for as long.</summary>
internal sealed unsafe class SessionHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly Leases kept;

    internal SessionHandle(nint session, Leases kept)
        : base(ownsHandle: true)
    {
        this.kept = kept;
        SetHandle(session);
    }

    protected override bool ReleaseHandle()
    {
        OrtApi.ReleaseSession(handle);
        kept.Dispose();
        return true;
    }
}
