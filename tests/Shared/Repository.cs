namespace PluginLens.Tests.Shared;

/// <summary>Where things lie in the repository.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = Find();

    /// <summary>Checkpoints in published layouts with reference activations.</summary>
    public static string Checkpoints { get; } = Path.Combine(Root, "tests", "Golden", "checkpoints");

    /// <summary>Their names.</summary>
    public static IEnumerable<string> CheckpointNames => Directory.GetDirectories(Checkpoints).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);

    /// <summary>Further architectures, with activations alone.</summary>
    public static string Next { get; } = Path.Combine(Root, "tests", "Golden", "next");

    /// <summary>The folder of a checkpoint.</summary>
    /// <param name="name">Its name.</param>
    public static string Checkpoint(string name) => Path.Combine(Directory.Exists(Path.Combine(Checkpoints, name)) ? Checkpoints : Next, name);

    private static string Find()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "PluginLens.sln")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new InvalidOperationException("The tests must run below the folder of PluginLens.sln.");
    }
}
