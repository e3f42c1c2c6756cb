using System.Reflection;
using McMaster.NETCore.Plugins;

namespace PluginLens.Host;

/// <summary>
/// Loads a plugin into a context of its own. The contract is shared by identity, whatever the plugin ships; everything else is private to it.
/// Contexts are not unloaded: one process is one run.
/// </summary>
public static class PluginLoading
{
    /// <summary>Contract version that this host offers.</summary>
    public static Version ContractVersion => ContractReference.HostVersion;

    /// <summary>Loads a plugin, or says in one line why that is impossible.</summary>
    /// <param name="entry">What discovery found.</param>
    public static LoadedPlugin Load(PluginEntry entry)
    {
        var version = CheckContract(entry);
        try
        {
            var loader = PluginLoader.CreateFromAssemblyFile(entry.AssemblyPath, isUnloadable: false, [typeof(IAnalysis)], _ => { });
            return new LoadedPlugin(entry, FindAnalysis(entry, loader.LoadDefaultAssembly()), version);
        }
        catch (Exception error) when (error is IOException or BadImageFormatException or TypeLoadException or ReflectionTypeLoadException or InvalidOperationException)
        {
            throw new PluginException($"Plugin '{entry.Id}' cannot be loaded: {OneLine.Of(error.Message)} Rebuild it, or copy its whole folder.", error);
        }
    }

    private static Version CheckContract(PluginEntry entry)
    {
        if (!File.Exists(entry.AssemblyPath))
        {
            throw new PluginException($"Plugin '{entry.Id}': its assembly '{entry.AssemblyPath}' is missing; copy the whole plugin folder.");
        }

        Version? built;
        try
        {
            built = ContractReference.Read(entry.AssemblyPath);
        }
        catch (Exception error) when (error is BadImageFormatException or IOException or UnauthorizedAccessException)
        {
            throw new PluginException($"Plugin '{entry.Id}': '{entry.AssemblyPath}' is not a .NET assembly that can be read ({OneLine.Of(error.Message)}); rebuild it.", error);
        }

        if (built is null)
        {
            throw new PluginException($"Plugin '{entry.Id}' does not refer to {ContractReference.Name}, so it holds no analysis; build it against the contract of this host ({ContractVersion.ToString(2)}).");
        }

        return ContractReference.Supports(built) ? built : throw new PluginException(
            $"Plugin '{entry.Id}' was built against {ContractReference.Name} {built.ToString(2)}; this host offers {ContractVersion.ToString(2)}. Rebuild the plugin or install a matching host.");
    }

    private static Type FindAnalysis(PluginEntry entry, Assembly assembly)
    {
        var found = assembly.ExportedTypes.Where(type => typeof(IAnalysis).IsAssignableFrom(type) && type is { IsAbstract: false, IsGenericTypeDefinition: false }).ToList();
        if (found is not [var analysis])
        {
            throw new PluginException(found.Count == 0
                ? $"Plugin '{entry.Id}': '{Path.GetFileName(entry.AssemblyPath)}' has no public class that implements IAnalysis; make one public."
                : $"Plugin '{entry.Id}': expected one public analysis, found {found.Count} ({string.Join(", ", found.Select(type => type.Name))}); give each a plugin of its own.");
        }

        return analysis.GetConstructor(Type.EmptyTypes) is not null
            ? analysis
            : throw new PluginException($"Plugin '{entry.Id}': {analysis.Name} has no public constructor without parameters.");
    }
}
