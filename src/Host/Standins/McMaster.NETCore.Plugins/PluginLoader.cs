using System.Reflection;
using System.Runtime.Loader;

namespace McMaster.NETCore.Plugins;

/// <summary>Loads a plugin and what it depends on, apart from the host and from other plugins.</summary>
public class PluginLoader : IDisposable
{
    private readonly PluginConfig config;
    private readonly PluginLoadContext context;
    private bool disposed;

    /// <summary>Prepares to load a plugin; nothing of it is loaded yet.</summary>
    public PluginLoader(PluginConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        this.config = config;
        context = new PluginLoadContext(config);
    }

    /// <summary>Whether <see cref="Dispose"/> unloads the plugin.</summary>
    public bool IsUnloadable => context.IsCollectible;

    /// <summary>The context that the plugin is loaded into.</summary>
    public AssemblyLoadContext LoadContext => context;

    /// <inheritdoc cref="CreateFromAssemblyFile(string, bool, Type[], Action{PluginConfig})"/>
    public static PluginLoader CreateFromAssemblyFile(string assemblyFile, bool isUnloadable, Type[] sharedTypes) =>
        CreateFromAssemblyFile(assemblyFile, isUnloadable, sharedTypes, _ => { });

    /// <summary>Prepares to load a plugin.</summary>
    /// <param name="assemblyFile">Absolute path of the plugin's main assembly.</param>
    /// <param name="isUnloadable">Whether <see cref="Dispose"/> unloads the plugin.</param>
    /// <param name="sharedTypes">Types of which host and plugin must mean the same; their whole assemblies are shared.</param>
    /// <param name="configure">Changes the configuration further.</param>
    public static PluginLoader CreateFromAssemblyFile(string assemblyFile, bool isUnloadable, Type[] sharedTypes, Action<PluginConfig> configure) =>
        CreateFromAssemblyFile(assemblyFile, sharedTypes, config =>
        {
            config.IsUnloadable = isUnloadable;
            configure(config);
        });

    /// <inheritdoc cref="CreateFromAssemblyFile(string, bool, Type[], Action{PluginConfig})"/>
    public static PluginLoader CreateFromAssemblyFile(string assemblyFile, Type[] sharedTypes) =>
        CreateFromAssemblyFile(assemblyFile, sharedTypes, _ => { });

    /// <inheritdoc cref="CreateFromAssemblyFile(string, bool, Type[], Action{PluginConfig})"/>
    public static PluginLoader CreateFromAssemblyFile(string assemblyFile, Type[] sharedTypes, Action<PluginConfig> configure) =>
        CreateFromAssemblyFile(assemblyFile, config =>
        {
            foreach (var type in sharedTypes)
            {
                config.SharedAssemblies.Add(type.Assembly.GetName());
            }

            configure(config);
        });

    /// <inheritdoc cref="CreateFromAssemblyFile(string, bool, Type[], Action{PluginConfig})"/>
    public static PluginLoader CreateFromAssemblyFile(string assemblyFile) => CreateFromAssemblyFile(assemblyFile, _ => { });

    /// <inheritdoc cref="CreateFromAssemblyFile(string, bool, Type[], Action{PluginConfig})"/>
    public static PluginLoader CreateFromAssemblyFile(string assemblyFile, Action<PluginConfig> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var config = new PluginConfig(assemblyFile);
        configure(config);
        return new PluginLoader(config);
    }

    /// <summary>Loads the plugin's main assembly, once.</summary>
    public Assembly LoadDefaultAssembly()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return context.LoadFromAssemblyPath(config.MainAssemblyPath);
    }

    /// <summary>Loads an assembly as the plugin would.</summary>
    public Assembly LoadAssembly(AssemblyName assemblyName)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return context.LoadFromAssemblyName(assemblyName);
    }

    /// <summary>Makes <see cref="Type.GetType(string)"/> and its like look where the plugin would, until disposed of.</summary>
    public AssemblyLoadContext.ContextualReflectionScope EnterContextualReflection()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return context.EnterContextualReflection();
    }

    /// <summary>Unloads the plugin, where it is unloadable, as soon as nothing refers to it any more.</summary>
    public void Dispose()
    {
        if (!disposed && IsUnloadable)
        {
            context.Unload();
        }

        disposed = true;
        GC.SuppressFinalize(this);
    }
}
