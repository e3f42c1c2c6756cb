namespace PluginLens.Host;

/// <summary>The plugins under a list of folders, read from their manifests alone.</summary>
public sealed class PluginCatalog
{
    private readonly Dictionary<string, PluginEntry> _byId = new(StringComparer.Ordinal);
    private readonly List<PluginFault> _faults = [];
    private readonly List<string> _folders = [];

    private PluginCatalog()
    {
    }

    /// <summary>What can be run, by id.</summary>
    public IReadOnlyList<PluginEntry> Entries { get; private set; } = [];

    /// <summary>What looked like a plugin and is none.</summary>
    public IReadOnlyList<PluginFault> Faults => _faults;

    /// <summary>Looks through folders in order; of two plugins with one id the first wins and the other is reported.</summary>
    /// <param name="folders">Each holds one folder per plugin, or is a plugin folder itself.</param>
    public static PluginCatalog Discover(IEnumerable<string> folders)
    {
        var catalog = new PluginCatalog();
        foreach (var folder in folders)
        {
            catalog.Search(folder);
        }

        PluginEntry[] entries = [.. catalog._byId.Values];
        Array.Sort(entries, (left, right) => string.CompareOrdinal(left.Id, right.Id));
        catalog.Entries = entries;
        return catalog;
    }

    /// <summary>The plugin of an id, or a one-line error that names similar ones.</summary>
    /// <param name="id">What the user asked for.</param>
    public PluginEntry Find(string id)
    {
        if (_byId.TryGetValue(id, out var entry))
        {
            return entry;
        }

        // A plugin that was asked for by name and is broken: say what is broken.
        var broken = _faults.Find(fault => Path.GetFileName(fault.Folder) == id);
        if (broken is not null)
        {
            throw new PluginException(broken.Message);
        }

        var near = Suggestion.Of(id, _byId.Keys);
        var known = _byId.Count == 0
            ? $"no plugin was found in {(_folders.Count == 0 ? "any folder" : string.Join(", ", _folders.Select(folder => $"'{folder}'")))}; give --plugins FOLDER."
            : near ?? $"known: {string.Join(", ", Entries.Select(known => known.Id))}.";
        throw new PluginException($"No analysis '{id}'; {known}");
    }

    private void Search(string folder)
    {
        folder = Path.GetFullPath(folder);
        if (_folders.Contains(folder))
        {
            return;
        }

        _folders.Add(folder);
        try
        {
            if (!Directory.Exists(folder))
            {
                _faults.Add(new PluginFault(folder, $"Plugin folder '{folder}' does not exist."));
                return;
            }

            Add(folder, isRoot: true);
            var children = Directory.GetDirectories(folder);
            Array.Sort(children, StringComparer.Ordinal);
            foreach (var child in children)
            {
                Add(child, isRoot: false);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _faults.Add(new PluginFault(folder, $"Plugin folder '{folder}' cannot be read: {error.Message}"));
        }
    }

    private void Add(string folder, bool isRoot)
    {
        var path = Path.Combine(folder, PluginManifest.FileName);
        if (!File.Exists(path))
        {
            // The searched folder itself may hold anything; a folder in it that holds a .dll was meant to be a plugin.
            if (!isRoot && Directory.EnumerateFiles(folder, "*.dll").Any())
            {
                _faults.Add(new PluginFault(folder, $"'{folder}' holds a .dll but no {PluginManifest.FileName}; build the plugin with PluginLens.Plugin.targets, which writes it."));
            }

            return;
        }

        try
        {
            var entry = new PluginEntry(PluginManifest.Read(path), folder);
            if (!_byId.TryAdd(entry.Id, entry))
            {
                _faults.Add(new PluginFault(folder, $"Plugin '{entry.Id}' in '{folder}' is hidden by the one in '{_byId[entry.Id].Folder}', which comes first in the search order."));
            }
        }
        catch (PluginException error)
        {
            _faults.Add(new PluginFault(folder, error.Message));
        }
    }
}
