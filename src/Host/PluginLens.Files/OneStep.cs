using System.Runtime.InteropServices;

namespace PluginLens.Files;

/// <summary>The system's exchange of two names in one step.</summary>
internal static partial class OneStep
{
    private const int WorkingFolder = -100; // AT_FDCWD
    private const uint Swap = 2; // RENAME_EXCHANGE of Linux and RENAME_SWAP of macOS

    private static readonly int[] CannotOnLinux = [22, 38, 95]; // EINVAL: not this file system; ENOSYS: not this kernel; EOPNOTSUPP
    private static readonly int[] CannotOnMac = [22, 45, 78]; // EINVAL, ENOTSUP, ENOSYS

    /// <summary>Exchanges two names, both taken, of one file system; false where the system cannot, and then nothing has changed.</summary>
    /// <exception cref="IOException">It can and did not: a name is not there, a folder cannot be written.</exception>
    public static bool Exchange(string one, string other)
    {
        try
        {
            return OperatingSystem.IsLinux() ? Done(RenameAt2(WorkingFolder, one, WorkingFolder, other, Swap), CannotOnLinux, one, other)
                : OperatingSystem.IsMacOS() && Done(RenameX(one, other, Swap), CannotOnMac, one, other);
        }
        catch (EntryPointNotFoundException)
        {
            return false; // A C library from before the call.
        }
    }

    private static bool Done(int result, int[] cannot, string one, string other)
    {
        var error = result == 0 ? 0 : Marshal.GetLastPInvokeError();
        return error == 0 || (cannot.Contains(error) ? false : throw new IOException($"Cannot exchange '{one}' and '{other}': {Marshal.GetPInvokeErrorMessage(error)}."));
    }

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int RenameAt2(int oldFolder, string oldName, int newFolder, string newName, uint flags);

    [LibraryImport("libc", EntryPoint = "renamex_np", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int RenameX(string oldName, string newName, uint flags);
}
