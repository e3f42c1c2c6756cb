using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace PluginLens.Host;

/// <summary>What differs between two runs: how they were run, and what they found.</summary>
public static class RunComparison
{
    /// <summary>Of no interest: when and how long, and what is compared for itself.</summary>
    private static readonly HashSet<string> Left = ["command_line", "inputs", "started", "wall_seconds", "tables", "files", "files_sha256"];

    /// <summary>Fields that say what was found.</summary>
    private static readonly HashSet<string> Found = ["status", "error", "notes", "warnings"];

    /// <summary>The differences: circumstances first, then results.</summary>
    /// <param name="before">A run.</param>
    /// <param name="after">Another.</param>
    public static IReadOnlyList<RunDifference> Of(RecordedRun before, RecordedRun after) =>
        [.. Circumstances(before, after), .. Files(before, after)];

    /// <summary>The differences that run.json tells: how it was run first, then status, notes and warnings.</summary>
    /// <param name="before">A run.</param>
    /// <param name="after">Another.</param>
    public static IReadOnlyList<RunDifference> Circumstances(RecordedRun before, RecordedRun after) =>
        [.. Fields(before.Json, after.Json).OrderBy(difference => difference.InResult)];

    private static IEnumerable<RunDifference> Fields(JObject before, JObject after)
    {
        foreach (var name in before.Properties().Concat(after.Properties()).Select(property => property.Name).Where(name => !Left.Contains(name)).Distinct())
        {
            foreach (var (path, was, isNow) in Leaves(name, before[name], after[name]))
            {
                yield return new RunDifference(path, $"{was} -> {isNow}", Found.Contains(name));
            }
        }
    }

    /// <summary>Values that differ, by path.</summary>
    private static IEnumerable<(string Path, string Was, string IsNow)> Leaves(string path, JToken? before, JToken? after)
    {
        if (before is JObject one && after is JObject other)
        {
            return one.Properties().Concat(other.Properties()).Select(property => property.Name).Distinct()
                .SelectMany(name => Leaves($"{path}.{name}", one[name], other[name]));
        }

        return JToken.DeepEquals(before, after) ? [] : [(path, Text(before), Text(after))];
    }

    private static string Text(JToken? value) => value is null ? "none" : value.ToString(Formatting.None);

    private static IEnumerable<RunDifference> Files(RecordedRun before, RecordedRun after)
    {
        foreach (var name in before.Files.Concat(after.Files).Distinct())
        {
            var (one, other) = (Path.Combine(before.Folder, name), Path.Combine(after.Folder, name));
            var how = (File.Exists(one), File.Exists(other)) switch
            {
                (true, false) => "is gone",
                (false, true) => "is new",
                (false, false) => null,
                _ when FileHash.Of(one) == FileHash.Of(other) => null,
                _ => name.EndsWith(".csv", StringComparison.Ordinal) ? TableComparison.Of(one, other) : "has other bytes",
            };
            if (how is not null)
            {
                yield return new RunDifference(name, how, InResult: true);
            }
        }
    }
}
