namespace PluginLens.Host;

/// <summary>A plugin that was found; nothing of it is loaded.</summary>
public sealed class PluginEntry
{
    private readonly PluginManifest _manifest;

    internal PluginEntry(PluginManifest manifest, string folder) => (_manifest, Folder) = (manifest, folder);

    /// <summary>Kebab-case id of the analysis.</summary>
    public string Id => _manifest.Id;

    /// <summary>A few words.</summary>
    public string Title => _manifest.Title;

    /// <summary>One or two sentences.</summary>
    public string Description => _manifest.Description;

    /// <summary>Where the analysis comes from; may be empty.</summary>
    public string Paper => _manifest.Paper;

    /// <summary>Version of the plugin; may be empty.</summary>
    public string Version => _manifest.Version;

    /// <summary>The plugin's folder, absolute.</summary>
    public string Folder { get; }

    /// <summary>The plugin's assembly, absolute.</summary>
    public string AssemblyPath => Path.Combine(Folder, _manifest.Assembly);
}
