namespace PluginLens.Host;

/// <summary>Where the user's machine keeps what can be computed again.</summary>
public static class UserCache
{
    /// <summary>A folder for one kind of thing, or null where the environment names no home. It may not exist yet.</summary>
    /// <param name="kind">Its name.</param>
    public static string? Folder(string kind)
    {
        var root = OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData) : Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(root) && Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home)
        {
            root = Path.Combine(home, ".cache");
        }

        return Path.IsPathFullyQualified(root ?? string.Empty) ? Path.Combine(root!, "pluginlens", kind) : null;
    }
}
