namespace PluginLens.Cli;

/// <summary>Version numbers that the program prints.</summary>
internal static class Versions
{
    /// <summary>Of the program.</summary>
    public static string Program { get; } = typeof(Versions).Assembly.GetName().Version!.ToString(3);
}
