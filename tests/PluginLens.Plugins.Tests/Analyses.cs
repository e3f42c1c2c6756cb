using System.Reflection;
using PluginLens.Tests.Shared;

namespace PluginLens.Plugins.Tests;

/// <summary>Every analysis of every family under src/Plugins, tested or not.</summary>
internal static class Analyses
{
    public static IReadOnlyList<Type> All { get; } =
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Plugins"), "*.csproj", SearchOption.AllDirectories)
            .SelectMany(project => Assembly.Load(Path.GetFileNameWithoutExtension(project)).ExportedTypes)
            .Where(type => type.IsDefined(typeof(AnalysisAttribute))),
    ];

    /// <summary>What the user types for an analysis.</summary>
    public static string Id(Type analysis) => analysis.GetCustomAttribute<AnalysisAttribute>()!.Id;
}
