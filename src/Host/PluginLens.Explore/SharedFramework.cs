using System.Runtime.Loader;

namespace PluginLens.Explore;

/// <summary>
/// The ASP.NET part of .NET, taken from beside the runtime when it is first asked for. The program does not declare it: every command would look for it at its start, and none would start
/// where .NET came without it.
/// </summary>
internal static class SharedFramework
{
    private const string Name = "Microsoft.AspNetCore.App";

    /// <summary>From now on its assemblies are found.</summary>
    /// <exception cref="UsageException">It is not installed.</exception>
    public static void Use()
    {
        var runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        if (File.Exists(Path.Combine(runtime, "Microsoft.AspNetCore.dll")))
        {
            // A folder that brings its own .NET brings this too.
            return;
        }

        var versions = Path.GetFullPath(Path.Combine(runtime, "..", "..", Name));
        var folder = Directory.Exists(versions) ? Folder(versions, Path.GetFileName(runtime)) : null;
        if (folder is null)
        {
            throw new UsageException($"'explore' serves its page with ASP.NET Core {Environment.Version.ToString(2)}, which comes with the .NET SDK and with the ASP.NET Core runtime; there is none in '{versions}': install one of them.");
        }

        AssemblyLoadContext.Default.Resolving += (context, assembly) =>
            Path.Combine(folder, $"{assembly.Name}.dll") is var path && File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;
    }

    /// <summary>Of the runtime's own version, else the newest of the same major and minor number.</summary>
    private static string? Folder(string versions, string own) => Directory.GetDirectories(versions)
        .Select(folder => (Folder: folder, Version: Version.TryParse(Path.GetFileName(folder).Split('-')[0], out var version) ? version : null))
        .Where(found => found.Version is { } version && (version.Major, version.Minor) == (Environment.Version.Major, Environment.Version.Minor))
        .OrderByDescending(found => Path.GetFileName(found.Folder) == own).ThenByDescending(found => found.Version)
        .Select(found => found.Folder).FirstOrDefault();
}
