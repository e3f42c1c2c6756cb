using System.Reflection.Metadata;

namespace PluginLens.Host;

/// <summary>The contract version that the compiler wrote into an assembly; reading it loads nothing.</summary>
internal static class ContractReference
{
    /// <summary>Simple name of the contract assembly.</summary>
    public static string Name { get; } = typeof(IAnalysis).Assembly.GetName().Name!;

    /// <summary>The host's own contract version.</summary>
    public static Version HostVersion { get; } = typeof(IAnalysis).Assembly.GetName().Version!;

    /// <summary>The version that an assembly was compiled against, or null where it does not refer to the contract.</summary>
    /// <param name="metadata">The assembly.</param>
    public static Version? Of(MetadataReader metadata)
    {
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

    /// <summary>Whether a handle is a type of the contract's namespace: how the compiler writes a reference to it.</summary>
    /// <param name="metadata">The assembly.</param>
    /// <param name="handle">A type.</param>
    /// <param name="name">Simple name; <c>Analysis`1</c> for a generic one.</param>
    public static bool Is(MetadataReader metadata, EntityHandle handle, string name)
    {
        if (handle.Kind != HandleKind.TypeReference)
        {
            return false;
        }

        var type = metadata.GetTypeReference((TypeReferenceHandle)handle);
        return metadata.StringComparer.Equals(type.Name, name)
            && metadata.StringComparer.Equals(type.Namespace, typeof(IAnalysis).Namespace!)
            && type.ResolutionScope.Kind == HandleKind.AssemblyReference
            && metadata.StringComparer.Equals(metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name, Name);
    }

    /// <summary>Whether a plugin built against a version runs on this host: same major, minor not above the host's.</summary>
    /// <param name="built">Version in the plugin.</param>
    public static bool Supports(Version built) => built.Major == HostVersion.Major && built.Minor <= HostVersion.Minor;
}
