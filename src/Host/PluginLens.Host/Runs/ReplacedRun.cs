using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using PluginLens.Files;

namespace PluginLens.Host;

/// <summary>The run whose place another has taken: it goes, file by file as it wrote them. What else is in its folder, or was changed since, is not ours and is kept beside the place.</summary>
internal static class ReplacedRun
{
    /// <summary>Removes it.</summary>
    /// <param name="folder">Where it lies now.</param>
    /// <param name="place">Where it lay.</param>
    /// <returns>The folder in which the rest is kept; null where there was none.</returns>
    public static string? Remove(string folder, string place)
    {
        foreach (var (name, hash) in WrittenBy(folder))
        {
            // A link is never followed, neither a file's nor its folder's.
            var path = Path.Combine(folder, name);
            if (new FileInfo(path) is { Exists: true, LinkTarget: null, Directory.LinkTarget: null } && FileHash.Of(path) == hash)
            {
                File.Delete(path);
            }
        }

        var page = Path.Combine(folder, "report.html");
        if (SealedPage.IsWhole(page))
        {
            File.Delete(page);
        }

        File.Delete(Path.Combine(folder, "run.json"));
        File.Delete(Path.Combine(folder, RunJournal.FileName));
        foreach (var empty in Directory.GetDirectories(folder).Where(path => new DirectoryInfo(path).LinkTarget is null && !Directory.EnumerateFileSystemEntries(path).Any()))
        {
            Directory.Delete(empty);
        }

        if (!Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
            return null;
        }

        var aside = Enumerable.Range(1, int.MaxValue).Select(number => $"{place}.before-{number}").First(path => !Directory.Exists(path) && !File.Exists(path));
        Directory.Move(folder, aside);
        return aside;
    }

    /// <summary>Files of a run and their hashes, as its run.json says; names that leave the folder are not believed.</summary>
    private static IEnumerable<(string Name, string? Hash)> WrittenBy(string folder)
    {
        try
        {
            var files = JObject.Parse(RegularFile.Text(Path.Combine(folder, "run.json"), SizeLimit.RunRecord))["files_sha256"] as JObject;
            return [.. (files ?? []).Properties().Where(file => file.Name.Split('/') is { Length: <= 2 } parts && parts.All(ResultNames.IsFileName)).Select(file => (file.Name, (string?)file.Value))];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or ArgumentException or InvalidCastException)
        {
            return [];
        }
    }
}
