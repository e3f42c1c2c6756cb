namespace PluginLens.Host;

/// <summary>Where plugins are looked for, and in which order.</summary>
public static class PluginSearchPath
{
    /// <summary>Environment variable with more folders, separated as in PATH.</summary>
    public const string Variable = "PLUGINLENS_PLUGINS";

    /// <summary>Folder of plugins beside the program: those of the installation.</summary>
    public const string OwnFolder = "plugins";

    /// <summary>The user's own plugins: <c>$XDG_DATA_HOME/pluginlens/plugins</c> where that is set, else <c>~/.pluginlens/plugins</c>.</summary>
    public static string UserFolder => Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } data
        ? Path.Combine(data, "pluginlens", "plugins")
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".pluginlens", "plugins");

    /// <summary>Folders named by the user, then <see cref="Variable"/>, then <see cref="UserFolder"/>, then beside the program.</summary>
    /// <param name="programFolder">Folder of the program; its <c>plugins</c> is the last place.</param>
    /// <param name="named">Folders of <c>--plugins</c>; one that does not exist is an error.</param>
    public static IReadOnlyList<string> Default(string programFolder, IEnumerable<string>? named = null)
    {
        var folders = new List<string>();
        foreach (var folder in named ?? [])
        {
            folders.Add(Directory.Exists(folder) ? folder : throw new UsageException($"--plugins '{folder}': no such folder."));
        }

        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } variable)
        {
            folders.AddRange(variable.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        }

        foreach (var folder in new[] { UserFolder, Path.Combine(programFolder, OwnFolder) })
        {
            if (Directory.Exists(folder))
            {
                folders.Add(folder);
            }
        }

        return folders;
    }
}
