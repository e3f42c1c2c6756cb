namespace PluginLens.Tests.Shared;

/// <summary>What was tried and how it ended, as figures: ./test prints them when the suites are through.</summary>
internal static class Tried
{
    /// <summary>Says one.</summary>
    /// <param name="text">One line.</param>
    public static void Say(string text)
    {
        var folder = Path.Combine(Repository.Root, "artifacts", "test");
        Directory.CreateDirectory(folder);
        File.AppendAllText(Path.Combine(folder, $"{typeof(Tried).Assembly.GetName().Name}.figures"), text + "\n");
    }
}
