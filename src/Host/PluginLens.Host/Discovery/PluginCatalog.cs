namespace PluginLens.Host;

/// <summary>The analyses of the plugins under a list of folders, read from the metadata of their assemblies alone.</summary>
public sealed class PluginCatalog
{
    private readonly List<PluginEntry> _found = [];
    private readonly List<PluginFault> _faults = [];
    private readonly List<string> _searched = [];
    private readonly List<string> _empty = [];
    private readonly HashSet<string> _plugins = new(StringComparer.Ordinal);
    private readonly IReadOnlySet<string> _reserved;
    private readonly bool _looksAtOptions;
    private ILookup<string, PluginEntry> _byId;

    private PluginCatalog(IReadOnlySet<string> reserved, bool looksAtOptions)
    {
        (_reserved, _looksAtOptions) = (reserved, looksAtOptions);
        _byId = _found.ToLookup(entry => entry.Id);
    }

    /// <summary>What can be run, by id.</summary>
    public IReadOnlyList<PluginEntry> Entries { get; private set; } = [];

    /// <summary>What looked like a plugin or an analysis and cannot be used.</summary>
    public IReadOnlyList<PluginFault> Faults => _faults;

    /// <summary>Folders that were looked through and hold nothing that looks like a plugin.</summary>
    public IReadOnlyList<string> Empty => _empty;

    /// <summary>Looks through folders. An analysis that two plugins have is in neither's favour: it is reported, and an error for who asks for it.</summary>
    /// <param name="folders">Each holds one folder for each plugin, or is a plugin's folder itself.</param>
    /// <param name="reserved">Option names that the program keeps for itself, without hyphens in front; an analysis that has one of them is a fault.</param>
    /// <param name="looksAtOptions">Whether records of options are looked at. Who loads one analysis need not ask: loading looks at its own, and at nobody else's.</param>
    public static PluginCatalog Discover(IEnumerable<string> folders, IReadOnlySet<string>? reserved = null, bool looksAtOptions = true)
    {
        var catalog = new PluginCatalog(reserved ?? new HashSet<string>(), looksAtOptions);
        foreach (var folder in folders)
        {
            catalog.Search(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        }

        catalog.Sort();
        return catalog;
    }

    /// <summary>The entry of an id, or a one-line error that says what stands in the way or names similar ones.</summary>
    /// <param name="id">What the user asked for; case aside, where only that differs.</param>
    public PluginEntry Find(string id)
    {
        id = _byId.Contains(id) ? id : _byId.Select(group => group.Key).FirstOrDefault(known => known.Equals(id, StringComparison.OrdinalIgnoreCase)) ?? id;
        PluginEntry[] found = [.. _byId[id]];
        if (found is [var entry])
        {
            return entry;
        }

        if (found is [var first, var second, ..])
        {
            throw new PluginException($"Two plugins have the analysis '{id}': '{first.Folder}' and '{second.Folder}'; remove one of the two folders.");
        }

        // An analysis that was asked for by name and is broken: say what is broken.
        throw new PluginException(_faults.Find(fault => fault.Ids.Contains(id))?.Message ?? Unknown(id));
    }

    private string Unknown(string id)
    {
        var known = _byId.Count == 0
            ? $"no plugin was found in {(_searched.Count == 0 ? "any folder" : string.Join(", ", _searched.Select(folder => $"'{folder}'")))}; give --plugins FOLDER."
            : Suggestion.Of(id, _byId.Select(group => group.Key)) ?? $"known: {string.Join(", ", Entries.Select(entry => entry.Id))}.";

        // A plugin whose assembly cannot be read does not say which analyses it would have had.
        return string.Join(' ', _faults.Select(fault => fault.Message).Prepend($"No analysis '{id}'; {known}"));
    }

    private void Search(string folder)
    {
        if (_searched.Contains(folder))
        {
            return;
        }

        _searched.Add(folder);
        var known = _found.Count + _faults.Count;
        try
        {
            if (!Directory.Exists(folder))
            {
                _faults.Add(new PluginFault(folder, $"Plugin folder '{folder}' does not exist."));
            }
            else if (PluginFolder.IsPlugin(folder))
            {
                Add(folder);
            }
            else
            {
                Array.ForEach([.. Directory.GetDirectories(folder).Order(StringComparer.Ordinal)], Add);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _faults.Add(new PluginFault(folder, $"Plugin folder '{folder}' cannot be read: {error.Message}"));
        }

        if (_found.Count + _faults.Count == known)
        {
            _empty.Add(folder);
        }
    }

    private void Add(string folder)
    {
        if (_plugins.Add(folder))
        {
            var (entries, faults) = PluginFolder.Read(folder, _reserved, _looksAtOptions);
            _found.AddRange(entries);
            _faults.AddRange(faults);
        }
    }

    private void Sort()
    {
        _byId = _found.ToLookup(entry => entry.Id);
        Entries = [.. _byId.Where(group => group.Count() == 1).Select(group => group.First()).OrderBy(entry => entry.Id, StringComparer.Ordinal)];
        var clashes = _byId
            .Where(group => group.Count() > 1)
            .GroupBy(group => string.Join(" and ", group.Select(entry => $"'{entry.Folder}'")), group => group.First());
        foreach (var clash in clashes)
        {
            string[] ids = [.. clash.Select(analysis => analysis.Id).Order(StringComparer.Ordinal)];
            _faults.Add(new PluginFault(clash.First().Folder, $"{clash.Key} have the same analyses ({string.Join(", ", ids)}); remove all but one of these folders.", ids));
        }
    }
}
