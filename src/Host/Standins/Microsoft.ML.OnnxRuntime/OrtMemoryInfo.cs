using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Native;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>Says where memory lies.</summary>
public unsafe class OrtMemoryInfo : SafeHandle
{
    private const int ArenaAllocator = 1;
    private const int DefaultMemory = 0;

    private static readonly Lazy<OrtMemoryInfo> Cpu = new(() => new OrtMemoryInfo());

    private OrtMemoryInfo()
        : base(0, ownsHandle: true)
    {
        nint info;
        Status.Check(OrtApi.CreateCpuMemoryInfo(ArenaAllocator, DefaultMemory, &info));
        SetHandle(info);
    }

    /// <summary>The memory of the process.</summary>
    public static OrtMemoryInfo DefaultInstance => Cpu.Value;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        OrtApi.ReleaseMemoryInfo(handle);
        return true;
    }
}
