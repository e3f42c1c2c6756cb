namespace PluginLens.Host;

/// <summary>Where plugins are looked for, and in which order.</summary>
public static class PluginSearchPath
{
    /// <summary>Environment variable with more folders, separated as in PATH.</summary>
    public const string Variable = "PLUGINLENS_PLUGINS";

    /// <summary>Folder of plugins beside the program: those of the installation.</summary>
    public const string OwnFolder = "plugins";

    /// <summary>The user's own plugins: <c>$XDG_DATA_HOME/pluginlens/plugins</c> where that is set, else <c>~/.pluginlens/plugins</c>.</summary>
    /// <exception cref="UsageException">There is no home folder.</exception>
    public static string UserFolder => FindUserFolder() ?? throw new UsageException("There is no home folder for your own plugins: set HOME, or XDG_DATA_HOME to a folder.");

    /// <summary>Folders named by the user, then those of <see cref="Variable"/> that exist, then <see cref="UserFolder"/>, then beside the program.</summary>
    /// <param name="programFolder">Folder of the program; its <c>plugins</c> is the last place.</param>
    /// <param name="named">Folders of <c>--plugins</c>; one that does not exist is an error.</param>
    public static IReadOnlyList<string> Default(string programFolder, IEnumerable<string>? named = null)
    {
        var folders = new List<string>();
        foreach (var folder in named ?? [])
        {
            folders.Add(Directory.Exists(folder) ? folder : throw new UsageException($"--plugins '{folder}': {(File.Exists(folder) ? "that is a file; expected a folder of plugins" : "no such folder")}."));
        }

        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } variable)
        {
            folders.AddRange(variable.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(Directory.Exists));
        }

        foreach (var folder in new[] { FindUserFolder(), Path.Combine(programFolder, OwnFolder) })
        {
            if (Directory.Exists(folder))
            {
                folders.Add(folder);
            }
        }

        return folders;
    }

    private static string? FindUserFolder() =>
        Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } data ? Path.Combine(data, "pluginlens", "plugins")
        : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home ? Path.Combine(home, ".pluginlens", "plugins")
        : null;
}
