namespace PluginLens.Screens.Tests;

/// <summary>Where things lie.</summary>
internal static class Places
{
    /// <summary>The root of the repository: the folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The plugins as the build left them, beside the program.</summary>
    public static string Plugins { get; } = Path.Combine(Root, "artifacts", "bin", "PluginLens.Cli", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "plugins");

    /// <summary>The screens that are kept.</summary>
    public static string Screens { get; } = Path.Combine(Root, "tests", "Golden", "screens");

    private static string FindRoot()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "PluginLens.sln")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new InvalidOperationException("The tests must run below the folder of PluginLens.sln.");
    }
}
