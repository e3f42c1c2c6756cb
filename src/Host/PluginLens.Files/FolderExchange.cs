namespace PluginLens.Files;

/// <summary>
/// Puts a finished folder under a name that may be taken. A process that is killed in between leaves the old or the new folder there, whole: in one step where the system exchanges two names at once
/// (Linux, macOS), elsewhere in two renames, after which <see cref="Recover"/> brings back what the first one took away.
/// </summary>
/// <remarks>Both names have to lie on one file system. Links are exchanged as links, never followed.</remarks>
public static class FolderExchange
{
    private const string Aside = ".old";

    /// <summary>Puts <paramref name="staged"/> under the name <paramref name="destination"/>. What stood there stands under the name <paramref name="staged"/> afterwards, for the caller to delete; where nothing stood, nothing does.</summary>
    /// <exception cref="IOException">Neither name has changed.</exception>
    public static void Replace(string staged, string destination) => Replace(staged, destination, OneStep.Exchange);

    /// <summary>
    /// Undoes what a killed <see cref="Replace(string, string)"/> of the same two names left half done: the old folder is back under its name, or the new one is there and the old one under the name
    /// <paramref name="staged"/>. For callers that know no other process is at it.
    /// </summary>
    public static void Recover(string staged, string destination)
    {
        var aside = staged + Aside;
        if (!Exists(aside))
        {
            return;
        }

        if (!Exists(destination))
        {
            Move(aside, destination);
        }
        else if (!Exists(staged))
        {
            Move(aside, staged);
        }
    }

    /// <param name="staged">The finished folder.</param>
    /// <param name="destination">The name that it gets.</param>
    /// <param name="exchange">Exchanges two names in one step; false where the system cannot.</param>
    internal static void Replace(string staged, string destination, Func<string, string, bool> exchange)
    {
        (staged, destination) = (Path.TrimEndingDirectorySeparator(Path.GetFullPath(staged)), Path.TrimEndingDirectorySeparator(Path.GetFullPath(destination)));
        if (!Exists(destination))
        {
            Move(staged, destination);
        }
        else if (!exchange(staged, destination))
        {
            var aside = staged + Aside;
            Move(destination, aside);
            try
            {
                Move(staged, destination);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                Move(aside, destination);
                throw;
            }

            Move(aside, staged);
        }
    }

    /// <summary>Whether anything has the name, a link to nothing included.</summary>
    private static bool Exists(string path) => Directory.Exists(path) || File.Exists(path) || new FileInfo(path).LinkTarget is not null;

    private static void Move(string from, string to) => Directory.Move(from, to);
}
