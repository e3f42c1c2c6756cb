using System.CommandLine;
using PluginLens.Host;

namespace PluginLens.Cli;

/// <summary>Finds plugins the way every command does.</summary>
internal static class Plugins
{
    /// <summary>Everything on the search path; no plugin code is loaded.</summary>
    /// <param name="parse">Holds --plugins.</param>
    public static PluginCatalog Discover(ParseResult parse) => Discover(parse, looksAtOptions: true);

    /// <summary>The ids alone: nothing else is looked at.</summary>
    /// <param name="parse">Holds --plugins.</param>
    public static IEnumerable<string> Ids(ParseResult parse) => Discover(parse, looksAtOptions: false).Entries.Select(entry => entry.Id);

    /// <summary>One plugin by name, loaded; a fault is an error.</summary>
    /// <param name="parse">Holds --plugins.</param>
    /// <param name="id">What the user asked for.</param>
    public static LoadedPlugin Load(ParseResult parse, string id) => PluginLoading.Load(Find(parse, id));

    /// <summary>One plugin by name; nothing of it is loaded.</summary>
    /// <param name="parse">Holds --plugins.</param>
    /// <param name="id">What the user asked for.</param>
    public static PluginEntry Find(ParseResult parse, string id) => Discover(parse, looksAtOptions: false).Find(id);

    /// <summary>The plugin of one folder, wherever that was found.</summary>
    /// <param name="parse">Any command line.</param>
    /// <param name="folder">The plugin's folder.</param>
    /// <param name="id">Id of its analysis.</param>
    public static LoadedPlugin LoadFrom(ParseResult parse, string folder, string id) =>
        PluginLoading.Load(PluginCatalog.Discover([folder], OwnOptions(parse), looksAtOptions: false).Find(id));

    /// <summary>Whether a plugin lies in the program's own folder of plugins, so that who installed the program installed it.</summary>
    /// <param name="entry">What was found.</param>
    public static bool IsOwn(PluginEntry entry) =>
        Path.GetDirectoryName(entry.Folder) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, PluginSearchPath.OwnFolder)));

    /// <summary>Says on standard error what was found and cannot be used; that is no reason to fail.</summary>
    /// <param name="catalog">What was found.</param>
    public static void ReportFaults(PluginCatalog catalog)
    {
        foreach (var fault in catalog.Faults)
        {
            Console.Error.WriteLine($"skipped {fault.Folder}: {fault.Message}");
        }
    }

    private static PluginCatalog Discover(ParseResult parse, bool looksAtOptions)
    {
        string[] named = parse.GetValue(GlobalOptions.Plugins) ?? [];
        var catalog = PluginCatalog.Discover(PluginSearchPath.Default(AppContext.BaseDirectory, named), OwnOptions(parse), looksAtOptions);
        foreach (var folder in named.Where(folder => catalog.Empty.Contains(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))))
        {
            Hints.Say($"--plugins '{folder}': no plugin is there; expected a folder of plugins, each a folder NAME with NAME.dll in it.");
        }

        return catalog;
    }

    /// <summary>What <c>run</c> takes for itself, so that no analysis would ever see it.</summary>
    private static HashSet<string> OwnOptions(ParseResult parse)
    {
        var root = parse.RootCommandResult.Command;
        var run = root.Subcommands.Single(command => command.Name == "run");
        return [.. run.Options.Concat(root.Options).SelectMany(option => option.Aliases.Append(option.Name)).Where(name => name.StartsWith("--", StringComparison.Ordinal)).Select(name => name[2..])];
    }
}
