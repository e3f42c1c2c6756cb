using System.Reflection.Metadata;

namespace PluginLens.Host;

/// <summary>Names and attributes out of the metadata of an assembly.</summary>
internal static class MetadataNames
{
    /// <summary>Full name of a class as reflection writes it: <c>Some.Space.Outer+Inner</c>.</summary>
    public static string FullName(this MetadataReader metadata, TypeDefinitionHandle handle)
    {
        // Loops here: for queries over metadata's structures the runtime would have to compile, at every start, what takes longer than all plugins.
        var (name, space) = (string.Empty, default(StringHandle));
        foreach (var type in metadata.Enclosing(handle))
        {
            (name, space) = (name.Length == 0 ? metadata.GetString(type.Name) : $"{metadata.GetString(type.Name)}+{name}", type.Namespace);
        }

        return space.IsNil ? name : $"{metadata.GetString(space)}.{name}";
    }

    /// <summary>A class and those that it is nested in, from the inside out; of a damaged assembly, in which they may go round in circles, the first hundred.</summary>
    public static IEnumerable<TypeDefinition> Enclosing(this MetadataReader metadata, TypeDefinitionHandle handle)
    {
        for (var depth = 0; !handle.IsNil && depth < 100; depth++)
        {
            var type = metadata.GetTypeDefinition(handle);
            yield return type;
            handle = type.GetDeclaringType();
        }
    }

    /// <summary>The instance constructor without parameters; nil where a class has none.</summary>
    public static MethodDefinitionHandle Constructor(this MetadataReader metadata, TypeDefinition type)
    {
        foreach (var handle in type.GetMethods())
        {
            var method = metadata.GetMethodDefinition(handle);
            var signature = metadata.GetBlobReader(method.Signature);
            if (metadata.StringComparer.Equals(method.Name, ".ctor") && signature.ReadSignatureHeader().Kind == SignatureKind.Method && signature.ReadCompressedInteger() == 0)
            {
                return handle;
            }
        }

        return default;
    }

    /// <summary>The arguments of an attribute of the contract, behind their two leading bytes; null where there is none of the name.</summary>
    public static BlobReader? ContractArguments(this MetadataReader metadata, CustomAttributeHandleCollection attributes, string name) =>
        metadata.Arguments(attributes, type => ContractReference.Is(metadata, type, name));

    /// <summary>The arguments of an attribute of any other assembly; null where there is none of the name.</summary>
    public static BlobReader? AttributeArguments(this MetadataReader metadata, CustomAttributeHandleCollection attributes, string name) =>
        metadata.Arguments(attributes, type => type.Kind == HandleKind.TypeReference && metadata.StringComparer.Equals(metadata.GetTypeReference((TypeReferenceHandle)type).Name, name));

    private static BlobReader? Arguments(this MetadataReader metadata, CustomAttributeHandleCollection attributes, Predicate<EntityHandle> isWanted)
    {
        foreach (var handle in attributes)
        {
            var attribute = metadata.GetCustomAttribute(handle);
            if (attribute.Constructor.Kind == HandleKind.MemberReference && isWanted(metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent))
            {
                var arguments = metadata.GetBlobReader(attribute.Value);
                return arguments.ReadUInt16() == 1 ? arguments : throw new BadImageFormatException("an attribute is malformed");
            }
        }

        return null;
    }
}
