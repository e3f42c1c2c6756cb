using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime.Native;

/// <summary>Keeps a list of native objects alive until disposed of.</summary>
internal sealed class Leases : IDisposable
{
    private readonly SafeHandle[] handles;
    private int taken;

    internal Leases(IEnumerable<SafeHandle> objects)
    {
        handles = [.. objects];
        Pointers = new nint[handles.Length];
        try
        {
            for (; taken < handles.Length; taken++)
            {
                var added = false;
                handles[taken].DangerousAddRef(ref added);
                Pointers[taken] = handles[taken].DangerousGetHandle();
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal nint[] Pointers { get; }

    public void Dispose()
    {
        while (taken > 0)
        {
            handles[--taken].DangerousRelease();
        }
    }
}
