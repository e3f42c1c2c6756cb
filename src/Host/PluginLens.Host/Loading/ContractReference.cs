using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace PluginLens.Host;

/// <summary>The contract version that the compiler wrote into a plugin; reading it loads nothing.</summary>
internal static class ContractReference
{
    /// <summary>Simple name of the contract assembly.</summary>
    public static string Name { get; } = typeof(IAnalysis).Assembly.GetName().Name!;

    /// <summary>The host's own contract version.</summary>
    public static Version HostVersion { get; } = typeof(IAnalysis).Assembly.GetName().Version!;

    /// <summary>The version that an assembly was compiled against, or null where it does not refer to the contract.</summary>
    /// <param name="path">A .NET assembly; anything else is a <see cref="BadImageFormatException"/>.</param>
    public static Version? Read(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        if (!file.HasMetadata)
        {
            throw new BadImageFormatException("it has no .NET metadata");
        }

        var metadata = file.GetMetadataReader();
        foreach (var handle in metadata.AssemblyReferences)
        {
            var reference = metadata.GetAssemblyReference(handle);
            if (metadata.StringComparer.Equals(reference.Name, Name))
            {
                return reference.Version;
            }
        }

        return null;
    }

    /// <summary>Whether a plugin built against a version runs on this host: same major, minor not above the host's.</summary>
    /// <param name="built">Version in the plugin.</param>
    public static bool Supports(Version built) => built.Major == HostVersion.Major && built.Minor <= HostVersion.Minor;
}
