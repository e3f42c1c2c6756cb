using System.Collections.Concurrent;
using System.Reflection;
using McMaster.NETCore.Plugins.Loader;

namespace PluginLens.Host;

/// <summary>
/// Loads a plugin into a context of its own, once, however many of its analyses are asked for. The contract is shared by identity, whatever the plugin ships; everything
/// else is private to it. Contexts are not unloaded: one process is one run.
/// </summary>
public static class PluginLoading
{
    private static readonly ConcurrentDictionary<string, Lazy<Assembly>> Loaded = new(StringComparer.Ordinal);

    /// <summary>Contract version that this host offers.</summary>
    public static Version ContractVersion => ContractReference.HostVersion;

    /// <summary>Loads an analysis, or says in one line why that is impossible.</summary>
    /// <param name="entry">What discovery found.</param>
    public static LoadedPlugin Load(PluginEntry entry)
    {
        try
        {
            var assembly = Loaded.GetOrAdd(entry.AssemblyPath, path => new Lazy<Assembly>(() => LoadAssembly(path))).Value;

            // By name: a class beside it that cannot be loaded is no reason to refuse this one.
            return new LoadedPlugin(entry, Checked(entry, assembly.GetType(entry.TypeName, throwOnError: true)!));
        }
        catch (Exception error) when (error is IOException or BadImageFormatException or TypeLoadException or InvalidOperationException)
        {
            throw new PluginException($"Plugin '{entry.PluginName}': analysis '{entry.Id}' cannot be loaded: {OneLine.Of(error.Message)} Rebuild it, or copy its whole folder.", error);
        }
    }

    /// <summary>A plugin is whole in its folder, so that no runtimeconfig.json is read for other places: that alone took a tenth of a short run.</summary>
    private static Assembly LoadAssembly(string path) =>
        new AssemblyLoadContextBuilder().SetMainAssemblyPath(path).PreferDefaultLoadContextAssembly(typeof(IAnalysis).Assembly.GetName()).Build().LoadFromAssemblyPath(path);

    /// <summary>What metadata could not tell, because another assembly of the plugin holds a base class.</summary>
    private static Type Checked(PluginEntry entry, Type type) => typeof(IAnalysis).IsAssignableFrom(type)
        ? type
        : throw new PluginException($"Plugin '{entry.PluginName}': {entry.TypeName}, analysis '{entry.Id}', does not implement IAnalysis (it derives from {type.BaseType?.Name}); derive it from Analysis<TOptions>, or implement the interface.");
}
