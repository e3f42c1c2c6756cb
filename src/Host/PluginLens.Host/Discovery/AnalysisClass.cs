using System.Reflection;
using System.Reflection.Metadata;

namespace PluginLens.Host;

/// <summary>A class of a plugin, as far as metadata tell whether the host can make an analysis of it. Loading tells the rest.</summary>
internal sealed class AnalysisClass
{
    private readonly MetadataReader _metadata;
    private readonly TypeDefinitionHandle _handle;
    private readonly TypeDefinition _type;

    /// <summary>Walks from a class to its bases.</summary>
    /// <param name="metadata">The assembly.</param>
    /// <param name="handle">The class.</param>
    public AnalysisClass(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        (_metadata, _handle, _type) = (metadata, handle, metadata.GetTypeDefinition(handle));
        Walk(handle);
    }

    /// <summary>Whether it implements <see cref="IAnalysis"/>; null where a base of another assembly decides that.</summary>
    public bool? Implements { get; private set; } = false;

    /// <summary>The record of options, where it is a type of the same assembly.</summary>
    public TypeDefinitionHandle? Options { get; private set; }

    /// <summary>Why it is no analysis, as the end of a sentence that begins with its name; null where metadata tell of nothing.</summary>
    public string? Fault =>
        Implements == false ? $"does not implement IAnalysis (it derives from {BaseName}); derive it from Analysis<TOptions>, or implement the interface."
        : !IsPublic ? "is not public; make it public."
        : _type.Attributes.HasFlag(TypeAttributes.Abstract) ? "is abstract or static; put [Analysis] on the classes that can be made."
        : _type.GetGenericParameters().Count > 0 ? "is generic; put [Analysis] on a class without type parameters."
        : !HasConstructor ? "has no public constructor without parameters; give it one."
        : null;

    private bool HasConstructor => _metadata.Constructor(_type) is { IsNil: false } constructor
        && (_metadata.GetMethodDefinition(constructor).Attributes & MethodAttributes.MemberAccessMask) == MethodAttributes.Public;

    private string BaseName => _type.BaseType.Kind == HandleKind.TypeDefinition
        ? _metadata.FullName((TypeDefinitionHandle)_type.BaseType)
        : Reference(_type.BaseType) is { } type ? _metadata.GetString(type.Name) : "another class";

    private bool IsPublic
    {
        get
        {
            foreach (var type in _metadata.Enclosing(_handle))
            {
                if ((type.Attributes & TypeAttributes.VisibilityMask) is not (TypeAttributes.Public or TypeAttributes.NestedPublic))
                {
                    return false;
                }
            }

            return true;
        }
    }

    private bool IsAnalysis(TypeDefinition type)
    {
        foreach (var face in type.GetInterfaceImplementations())
        {
            if (ContractReference.Is(_metadata, _metadata.GetInterfaceImplementation(face).Interface, nameof(IAnalysis)))
            {
                return true;
            }
        }

        return false;
    }

    private void Walk(TypeDefinitionHandle handle)
    {
        // A damaged assembly may go round in circles.
        for (var steps = 0; steps < 100; steps++)
        {
            var type = _metadata.GetTypeDefinition(handle);
            if (IsAnalysis(type))
            {
                Implements = true;
                return;
            }

            switch (type.BaseType.Kind)
            {
                case var _ when type.BaseType.IsNil:
                    return;
                case HandleKind.TypeDefinition:
                    handle = (TypeDefinitionHandle)type.BaseType;
                    continue;
                case HandleKind.TypeSpecification when GenericType.Of(_metadata, (TypeSpecificationHandle)type.BaseType) is { } generic && ContractReference.Is(_metadata, generic.Definition, typeof(Analysis<>).Name):
                    Implements = true;
                    Options = generic.Argument;
                    return;
                default:
                    Implements = IsOfDotNet(Reference(type.BaseType)) ? false : null;
                    return;
            }
        }
    }

    /// <summary>The type of another assembly that a base class is, or is an instance of.</summary>
    private TypeReference? Reference(EntityHandle type) => type.Kind switch
    {
        HandleKind.TypeReference => _metadata.GetTypeReference((TypeReferenceHandle)type),
        HandleKind.TypeSpecification when GenericType.Of(_metadata, (TypeSpecificationHandle)type) is { Definition.Kind: HandleKind.TypeReference } generic => _metadata.GetTypeReference((TypeReferenceHandle)generic.Definition),
        _ => null,
    };

    /// <summary>Nothing of .NET itself implements the contract.</summary>
    private bool IsOfDotNet(TypeReference? type) =>
        type is { } reference && _metadata.GetString(reference.Namespace) is var name && (name == "System" || name.StartsWith("System.", StringComparison.Ordinal));
}
