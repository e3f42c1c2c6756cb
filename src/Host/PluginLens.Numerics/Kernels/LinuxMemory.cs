using System.Runtime.InteropServices;

namespace PluginLens.Numerics.Kernels;

/// <summary>Advice to the kernel about memory.</summary>
internal static unsafe partial class LinuxMemory
{
    /// <summary>MADV_HUGEPAGE.</summary>
    public const int HugePages = 14;

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Advise(void* address, nuint length, int advice);
}
