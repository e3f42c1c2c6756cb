using System.Reflection;
using System.Runtime.Loader;

namespace McMaster.NETCore.Plugins;

/// <summary>How a plugin is loaded.</summary>
public class PluginConfig
{
    /// <summary>A plugin whose main assembly is this file.</summary>
    /// <param name="mainAssemblyPath">An absolute path.</param>
    public PluginConfig(string mainAssemblyPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(mainAssemblyPath);
        if (!Path.IsPathFullyQualified(mainAssemblyPath))
        {
            throw new ArgumentException($"Expected an absolute path to the plugin's assembly; found '{mainAssemblyPath}'.", nameof(mainAssemblyPath));
        }

        MainAssemblyPath = mainAssemblyPath;
    }

    /// <summary>The plugin's main assembly; its <c>.deps.json</c> beside it says where the others are.</summary>
    public string MainAssemblyPath { get; }

    /// <summary>Assemblies that the plugin never shares with the host.</summary>
    public ICollection<AssemblyName> PrivateAssemblies { get; } = [];

    /// <summary>Assemblies, with all they refer to, of which the plugin gets the host's copy, whatever it ships itself.</summary>
    public ICollection<AssemblyName> SharedAssemblies { get; } = [];

    /// <summary>Whether the host's copy of any assembly is taken where the host has the version asked for.</summary>
    public bool PreferSharedTypes { get; set; }

    /// <summary>The context that holds the host's copies.</summary>
    public AssemblyLoadContext DefaultContext { get; set; } =
        AssemblyLoadContext.GetLoadContext(typeof(PluginConfig).Assembly) ?? AssemblyLoadContext.Default;

    /// <summary>Whether <see cref="PluginLoader.Dispose"/> unloads the plugin.</summary>
    public bool IsUnloadable { get; set; }
}
