using System.CommandLine;
using System.Globalization;
using PluginLens.Host;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens cache</c>: where computed lists lie, how large they are, and how to be rid of them.</summary>
internal static class CacheCommand
{
    private static readonly Option<string?> Limit = new("--limit") { Description = "Delete only what was used longest ago, until this much is left: 500m, 2g.", HelpName = "SIZE" };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var clear = new Command("clear", "Deletes vocabulary lists and hashes of weights; they are computed again when needed. Models that were fetched stay.") { Limit };
        clear.SetAction(Clear);
        var command = new Command("cache", """
            Shows where the program keeps what it can compute again, and how large it is.

            Variables: XDG_CACHE_HOME moves the cache (default ~/.cache); HF_HOME, HF_HUB_CACHE move what 'import ORG/NAME' fetched.
            'run --no-cache' neither reads nor writes it.

            Examples:
              pluginlens cache
              pluginlens cache clear
              pluginlens cache clear --limit 1g
            """) { clear };
        command.SetAction(_ => Show());
        return command;
    }

    private static int Show()
    {
        Columns.Print(["cache", "files", "size", "folder"], Kinds().Select(kind =>
        {
            var files = Files(kind.Folder);
            return new[] { kind.Name, $"{files.Count}", Size(files.Sum(file => file.Length)), kind.Folder };
        }));
        return ExitCode.Success;
    }

    private static int Clear(ParseResult parse)
    {
        var most = parse.GetValue(Limit) is { } typed ? Bytes(typed) : 0;
        var files = Kinds().SelectMany(kind => Files(kind.Folder)).OrderByDescending(file => file.LastAccessTimeUtc).ToList();
        var (kept, deleted, freed) = (0L, 0, 0L);
        foreach (var file in files)
        {
            if (kept + file.Length <= most)
            {
                kept += file.Length;
                continue;
            }

            // What is used longest ago goes, and nothing older stays in its place.
            most = kept;
            freed += file.Length;
            file.Delete();
            deleted++;
        }

        Console.WriteLine($"deleted {deleted} {(deleted == 1 ? "file" : "files")}, {Size(freed)}; {Size(kept)} left");
        return ExitCode.Success;
    }

    private static IEnumerable<(string Name, string Folder)> Kinds()
    {
        foreach (var (name, kind) in new[] { ("vocabulary lists", "top-k"), ("hashes of weights", "hashes") })
        {
            if (UserCache.Folder(kind) is { } folder)
            {
                yield return (name, folder);
            }
        }
    }

    private static List<FileInfo> Files(string folder) => Directory.Exists(folder) ? [.. new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories)] : [];

    private static string Size(long bytes) => bytes >= 1e9 ? FormattableString.Invariant($"{bytes / 1e9:0.0} GB") : FormattableString.Invariant($"{bytes / 1e6:0.0} MB");

    private static long Bytes(string typed)
    {
        var unit = typed.Length > 0 ? char.ToLowerInvariant(typed[^1]) switch { 'k' => 1e3, 'm' => 1e6, 'g' => 1e9, _ => 0 } : 0;
        return double.TryParse(unit > 0 ? typed[..^1] : typed, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? (long)(number * Math.Max(1, unit))
            : throw new UsageException($"--limit '{typed}': expected a size such as 500m or 2g.");
    }
}
