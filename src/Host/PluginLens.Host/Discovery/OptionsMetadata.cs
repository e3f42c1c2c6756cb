using System.Globalization;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace PluginLens.Host;

/// <summary>
/// Whether a plugin's records of options are sound, as far as its assembly alone tells: inherited options of other assemblies, and defaults that are computed, are looked
/// at when it is loaded (see <see cref="OptionRules"/>).
/// </summary>
/// <param name="file">The assembly.</param>
/// <param name="metadata">Its metadata.</param>
/// <param name="reserved">Option names that no analysis may have.</param>
internal sealed class OptionsMetadata(PEReader file, MetadataReader metadata, IReadOnlySet<string> reserved)
{
    private readonly PropertyTypes _types = new();

    /// <summary>The first thing that is wrong with a record of options, in one line; null where nothing is.</summary>
    /// <param name="record">The record.</param>
    public string? Fault(TypeDefinitionHandle record)
    {
        EntityHandle at = record;
        for (var steps = 0; !at.IsNil && at.Kind == HandleKind.TypeDefinition && steps < 100; steps++)
        {
            var type = metadata.GetTypeDefinition((TypeDefinitionHandle)at);
            foreach (var property in type.GetProperties().Select(metadata.GetPropertyDefinition).Where(IsOption))
            {
                if (Fault(type, property) is { } fault)
                {
                    return fault;
                }
            }

            at = type.BaseType;
        }

        return null;
    }

    private string? Fault(TypeDefinition record, PropertyDefinition property)
    {
        var name = Names.Kebab(metadata.GetString(property.Name));
        if (reserved.Contains(name))
        {
            return OptionRules.Reserved(name);
        }

        var type = property.DecodeSignature(_types, null).ReturnType;
        if (type is not null && !OptionType.CanBind(type))
        {
            return OptionRules.Unbindable(name, metadata.GetString(record.Name));
        }

        var least = metadata.ContractArguments(property.GetCustomAttributes(), nameof(AtLeastAttribute))?.ReadDouble();
        return least is not null && type is not null && ConstantDefault.Of(file, metadata, record, property, type) is { } value && value < least
            ? OptionRules.BelowLeast(name, value.ToString(CultureInfo.InvariantCulture), least.Value)
            : null;
    }

    private bool IsOption(PropertyDefinition property)
    {
        bool IsPublic(MethodDefinitionHandle accessor) => !accessor.IsNil && (metadata.GetMethodDefinition(accessor).Attributes & (MethodAttributes.MemberAccessMask | MethodAttributes.Static)) == MethodAttributes.Public;
        return IsPublic(property.GetAccessors().Setter) && IsPublic(property.GetAccessors().Getter);
    }
}
