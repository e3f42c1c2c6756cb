using System.Reflection;

namespace PluginLens.Host.Tests;

/// <summary>Where the build put what the tests need.</summary>
internal static class Places
{
    /// <summary>The plugins made to fail.</summary>
    public static string Fixtures => Of("Fixtures");

    /// <summary>The repository.</summary>
    public static string RepoRoot => Of("RepoRoot");

    /// <summary>Debug or Release.</summary>
    public static string Configuration => Of("Configuration");

    private static string Of(string key) => typeof(Places).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == key).Value!;
}
