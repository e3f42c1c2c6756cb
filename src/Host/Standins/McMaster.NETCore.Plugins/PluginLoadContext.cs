using System.Reflection;
using System.Runtime.Loader;

namespace McMaster.NETCore.Plugins;

/// <summary>Decides whose copy of an assembly a plugin gets: the host's where it is shared, else its own, else the host's after all.</summary>
internal sealed class PluginLoadContext : AssemblyLoadContext
{
    /// <summary>The public key tokens that .NET's own assemblies are signed with.</summary>
    private static readonly HashSet<string> DotNetTokens = ["B03F5F7F11D50A3A", "B77A5C561934E089", "CC7B13FFCD2DDD51", "7CEC85D7BEA7798E"];

    private readonly AssemblyDependencyResolver resolver;
    private readonly AssemblyLoadContext host;
    private readonly bool preferHost;
    private readonly string folder;
    private readonly HashSet<string> shared = [];
    private readonly HashSet<string> notShared = [];

    internal PluginLoadContext(PluginConfig config)
        : base(Path.GetFileNameWithoutExtension(config.MainAssemblyPath), config.IsUnloadable)
    {
        if (!File.Exists(config.MainAssemblyPath))
        {
            throw new FileNotFoundException($"The plugin's assembly '{config.MainAssemblyPath}' does not exist.", config.MainAssemblyPath);
        }

        resolver = new AssemblyDependencyResolver(config.MainAssemblyPath);
        folder = Path.GetDirectoryName(config.MainAssemblyPath) ?? "";
        host = config.DefaultContext;
        preferHost = config.PreferSharedTypes;
        notShared.UnionWith(config.PrivateAssemblies.Select(SimpleName));
        foreach (var assembly in config.SharedAssemblies)
        {
            Share(assembly);
        }
    }

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        var name = SimpleName(assemblyName);
        if (!notShared.Contains(name))
        {
            // By name alone: a plugin that was built against, or ships, another version still gets the host's copy.
            // Two copies of a shared type would be two types, and casts between them fail.
            if (shared.Contains(name) && TryHost(new AssemblyName(name)) is { } ours)
            {
                return ours;
            }

            if (preferHost && TryHost(assemblyName) is { } preferred)
            {
                return preferred;
            }
        }

        return PathOf(assemblyName) is { } path ? LoadFromAssemblyPath(path) : null;
    }

    protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
        resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : 0;

    private static string SimpleName(AssemblyName assembly) => assembly.Name ?? "";

    /// <summary>Shares an assembly and, since its types are made of theirs, all that it refers to.</summary>
    private void Share(AssemblyName assemblyName)
    {
        var name = SimpleName(assemblyName);
        if (!notShared.Contains(name) && shared.Add(name) && !IsOfDotNet(assemblyName) && TryHost(new AssemblyName(name)) is { } assembly)
        {
            foreach (var reference in assembly.GetReferencedAssemblies())
            {
                Share(reference);
            }
        }
    }

    /// <summary>Assemblies of .NET refer to others of .NET only; loading them all just to learn their names takes longer than loading a plugin.</summary>
    private static bool IsOfDotNet(AssemblyName assembly) =>
        assembly.GetPublicKeyToken() is { Length: 8 } token && DotNetTokens.Contains(Convert.ToHexString(token));

    private Assembly? TryHost(AssemblyName assembly)
    {
        try
        {
            return host.LoadFromAssemblyName(assembly);
        }
        catch (Exception error) when (error is FileNotFoundException or FileLoadException or BadImageFormatException)
        {
            return null; // The host has no such assembly: it is the plugin's own business.
        }
    }

    /// <summary>What the plugin's .deps.json says, or a file of that name beside the plugin.</summary>
    private string? PathOf(AssemblyName assembly)
    {
        if (resolver.ResolveAssemblyToPath(assembly) is { } path)
        {
            return path;
        }

        var beside = Path.Combine(folder, assembly.CultureName ?? "", SimpleName(assembly) + ".dll");
        return File.Exists(beside) ? beside : null;
    }
}
