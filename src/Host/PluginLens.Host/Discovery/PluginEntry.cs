namespace PluginLens.Host;

/// <summary>An analysis that was found; nothing of its plugin is loaded.</summary>
public sealed class PluginEntry
{
    internal PluginEntry()
    {
    }

    /// <summary>Kebab-case id of the analysis.</summary>
    public required string Id { get; init; }

    /// <summary>A few words.</summary>
    public required string Title { get; init; }

    /// <summary>The question that it answers, in one or two sentences.</summary>
    public required string Answers { get; init; }

    /// <summary>Where the analysis comes from; may be empty.</summary>
    public string Source { get; init; } = string.Empty;

    /// <summary>Version of the plugin.</summary>
    public required string Version { get; init; }

    /// <summary>Contract version that the plugin was compiled against.</summary>
    public required Version ContractVersion { get; init; }

    /// <summary>Full name of its class, as reflection writes it.</summary>
    public required string TypeName { get; init; }

    /// <summary>The plugin's folder, absolute.</summary>
    public required string Folder { get; init; }

    /// <summary>The plugin's assembly, absolute: <c>NAME/NAME.dll</c>.</summary>
    public string AssemblyPath => Path.Combine(Folder, $"{PluginName}.dll");

    /// <summary>Name of the plugin, which is that of its folder and of its assembly.</summary>
    public string PluginName => Path.GetFileName(Folder);

    /// <summary>The analysis's page beside the assembly, absolute, or null where the plugin brings none.</summary>
    public string? Page => Path.Combine(Folder, $"{Id}.md") is var page && File.Exists(page) ? page : null;

    /// <summary>Option names that the program keeps for itself.</summary>
    internal IReadOnlySet<string> Reserved { get; init; } = new HashSet<string>();
}
