namespace PluginLens.Models.Format.Files;

/// <summary>Where external data may lie: in the model's own folder, links followed, and nowhere else; in a cache of the hub, whose folders hold links, among the repository's own contents.</summary>
internal static class ExternalPath
{
    private const int CommitLength = 40, MostLinks = 40;

    /// <summary>The file that a location names.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="location">As in the ONNX file.</param>
    /// <param name="tensor">Whose data it is, for the message.</param>
    public static string Resolve(string folder, string location, string tensor)
    {
        if (location.Length == 0 || location.Contains('\0', StringComparison.Ordinal))
        {
            throw new ModelException($"External data of '{tensor}' has no usable location; export the model again.");
        }

        if (Path.IsPathRooted(location) || location.Contains('\\', StringComparison.Ordinal) || location is [_, ':', ..])
        {
            throw new ModelException($"External data of '{tensor}' has the absolute path \"{location}\"; only files in the model's own folder are read.");
        }

        var root = Real(Path.GetFullPath(folder));
        var path = Path.GetFullPath(Path.Combine(folder, location));
        if (!IsInside(path, Path.GetFullPath(folder)) || !(IsInside(Real(path), root) || (Contents(root) is { } contents && IsInside(Real(path), contents))))
        {
            throw new ModelException($"External data \"{location}\" of '{tensor}' lies outside the model's folder; only files in the model's own folder are read.");
        }

        return File.Exists(path) ? path : throw new ModelException($"External data file '{location}' of '{tensor}' is missing from '{folder}'; copy it beside the ONNX file.");
    }

    private static bool IsInside(string path, string folder) => path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>For a folder <c>REPOSITORY/snapshots/COMMIT</c> or one in it, <c>REPOSITORY/blobs</c>.</summary>
    private static string? Contents(string folder)
    {
        for (var at = new DirectoryInfo(folder); at.Parent is { } parent; at = parent)
        {
            if (parent is { Name: "snapshots", Parent: { } repository } && at.Name.Length == CommitLength && at.Name.All(char.IsAsciiHexDigitLower))
            {
                return Path.Combine(repository.FullName, "blobs");
            }
        }

        return null;
    }

    /// <summary>The path with every link on the way followed, those on the way to a link's target too.</summary>
    private static string Real(string path)
    {
        var (real, links) = (Path.GetPathRoot(path)!, 0);
        var ahead = new Stack<string>(Parts(path[real.Length..]));
        while (ahead.TryPop(out var part))
        {
            if (part is "." or "..")
            {
                real = part == "." ? real : Path.GetDirectoryName(real) ?? real;
                continue;
            }

            var next = Path.Combine(real, part);
            FileSystemInfo info = Directory.Exists(next) ? new DirectoryInfo(next) : new FileInfo(next);
            if (info.LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > MostLinks)
            {
                throw new ModelException($"'{path}' leads through more than {MostLinks} links; put the file itself there.");
            }

            var root = Path.GetPathRoot(target)!;
            real = root.Length > 0 ? Path.GetPathRoot(Path.GetFullPath(target))! : real;
            foreach (var step in Parts(target[root.Length..]))
            {
                ahead.Push(step);
            }
        }

        return real;
    }

    /// <summary>The names of a path, the last one first.</summary>
    private static IEnumerable<string> Parts(string path) => path.Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries).Reverse();
}
