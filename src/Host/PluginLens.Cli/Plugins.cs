using System.CommandLine;
using PluginLens.Host;

namespace PluginLens.Cli;

/// <summary>Finds plugins the way every command does.</summary>
internal static class Plugins
{
    /// <summary>Everything on the search path; no plugin code is loaded.</summary>
    /// <param name="parse">Holds --plugins.</param>
    public static PluginCatalog Discover(ParseResult parse) =>
        PluginCatalog.Discover(PluginSearchPath.Default(AppContext.BaseDirectory, parse.GetValue(GlobalOptions.Plugins)));

    /// <summary>One plugin by name, loaded; a fault is an error.</summary>
    /// <param name="parse">Holds --plugins.</param>
    /// <param name="id">What the user asked for.</param>
    public static LoadedPlugin Load(ParseResult parse, string id) => PluginLoading.Load(Discover(parse).Find(id));

    /// <summary>Says on standard error what was found and cannot be used; that is no reason to fail.</summary>
    /// <param name="catalog">What was found.</param>
    public static void ReportFaults(PluginCatalog catalog)
    {
        foreach (var fault in catalog.Faults)
        {
            Console.Error.WriteLine($"skipped {fault.Folder}: {fault.Message}");
        }
    }
}
