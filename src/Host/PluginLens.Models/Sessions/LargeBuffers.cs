using System.Runtime.InteropServices;

namespace PluginLens.Models.Sessions;

/// <summary>Buffers of more than a megabyte go back to the system when they are freed: glibc keeps what threads freed below a limit that grows with use, gigabytes after the passes of a long text.</summary>
internal static partial class LargeBuffers
{
    private const int MmapThreshold = -3, Megabyte = 1 << 20;

    private static readonly Lazy<bool> Returned = new(() =>
    {
        try
        {
            return OperatingSystem.IsLinux() && SetOption(MmapThreshold, Megabyte) == 1;
        }
        catch (EntryPointNotFoundException)
        {
            return false; // Another C library, with rules of its own.
        }
    });

    /// <summary>Sees to it, once a process.</summary>
    public static void Return() => _ = Returned.Value;

    [LibraryImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetOption(int option, int value);
}
