using System.Reflection;
using System.Xml.Linq;

namespace PluginLens.Tests;

/// <summary>The sources, for tests of how they are laid out.</summary>
internal static class Repository
{
    public static string Root { get; } = typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepoRoot").Value!;

    public static IReadOnlyList<string> Plugins { get; } = Directory.GetFiles(Path.Combine(Root, "src", "Plugins"), "*.csproj", SearchOption.AllDirectories);

    public static IEnumerable<string> References(string project) => XDocument.Load(project)
        .Descendants()
        .Where(element => element.Name.LocalName is "PackageReference" or "ProjectReference" or "Reference")
        .Select(element => element.Attribute("Include")?.Value ?? string.Empty);
}
