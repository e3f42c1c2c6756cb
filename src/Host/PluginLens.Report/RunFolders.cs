using PluginLens.Host;

namespace PluginLens.Report;

/// <summary>Which runs a command line means.</summary>
internal static class RunFolders
{
    /// <summary>Each folder with run.json, and of a folder without one those in it, by name.</summary>
    /// <param name="folders">As typed.</param>
    public static List<string> Of(IReadOnlyList<string> folders)
    {
        var found = folders.SelectMany(Of).DistinctBy(Path.GetFullPath).ToList();
        return found.Count > 0 ? found : throw new UsageException("A report needs at least one run folder (--out of a run).");
    }

    private static IEnumerable<string> Of(string folder)
    {
        if (IsRun(folder))
        {
            return [folder];
        }

        if (!Directory.Exists(folder))
        {
            throw new UsageException($"There is no folder '{folder}'; expected the --out folder of a run.");
        }

        var inside = Directory.GetDirectories(folder).Where(IsRun).Order(StringComparer.Ordinal).ToList();
        return inside.Count > 0 ? inside : throw new UsageException($"'{folder}' holds no run: neither run.json nor folders with one; expected the --out folder of a run.");
    }

    private static bool IsRun(string folder) => File.Exists(Path.Combine(folder, "run.json"));
}
