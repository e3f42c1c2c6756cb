using System.Reflection.Metadata;

namespace PluginLens.Host;

/// <summary>A generic type with its arguments, as metadata hold it (ECMA-335, II.23.2.12).</summary>
/// <param name="Definition">The type that stands before the angle brackets.</param>
/// <param name="Argument">The one argument, where it is a class or record of the same assembly.</param>
internal sealed record GenericType(EntityHandle Definition, TypeDefinitionHandle? Argument)
{
    /// <summary>Takes a signature apart; null where it is no generic type.</summary>
    /// <param name="metadata">The assembly.</param>
    /// <param name="handle">A base class or an interface.</param>
    public static GenericType? Of(MetadataReader metadata, TypeSpecificationHandle handle)
    {
        const int Generic = 0x15, Class = 0x12;
        var signature = metadata.GetBlobReader(metadata.GetTypeSpecification(handle).Signature);
        if (signature.ReadCompressedInteger() != Generic)
        {
            return null;
        }

        signature.ReadCompressedInteger();
        var definition = signature.ReadTypeHandle();
        var ofOne = signature.ReadCompressedInteger() == 1 && signature.ReadCompressedInteger() == Class;
        return new GenericType(definition, ofOne && signature.ReadTypeHandle() is { Kind: HandleKind.TypeDefinition } own ? (TypeDefinitionHandle)own : null);
    }
}
