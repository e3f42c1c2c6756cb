using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace PluginLens.Host;

/// <summary>
/// The types of properties, from their signatures: those of .NET and of the contract as they are, object for one of the plugin that is neither
/// an enumeration nor has a <c>Parse</c>, and null for what cannot be told without loading.
/// </summary>
internal sealed class PropertyTypes : ISignatureTypeProvider<Type?, object?>
{
    public Type? GetPrimitiveType(PrimitiveTypeCode typeCode) => Type.GetType($"System.{typeCode}");

    public Type? GetSZArrayType(Type? elementType) => elementType?.MakeArrayType();

    public Type? GetArrayType(Type? elementType, ArrayShape shape) => elementType?.MakeArrayType(Math.Max(2, shape.Rank));

    public Type? GetGenericInstantiation(Type? genericType, ImmutableArray<Type?> typeArguments) =>
        genericType is null || !genericType.IsGenericTypeDefinition || genericType.GetGenericArguments().Length != typeArguments.Length || typeArguments.Contains(null)
            ? null
            : genericType.MakeGenericType([.. typeArguments.OfType<Type>()]);

    public Type? GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
    {
        var type = reader.GetTypeReference(handle);
        var name = $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}";
        return ContractReference.Is(reader, handle, reader.GetString(type.Name)) ? typeof(IAnalysis).Assembly.GetType(name) : Type.GetType(name);
    }

    public Type? GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
    {
        var type = reader.GetTypeDefinition(handle);
        return IsNamed(reader, type.BaseType, nameof(Enum)) || type.GetInterfaceImplementations().Any(face => IsParsable(reader, reader.GetInterfaceImplementation(face).Interface))
            ? null
            : typeof(object);
    }

    public Type? GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) => null;

    public Type? GetModifiedType(Type? modifier, Type? unmodifiedType, bool isRequired) => unmodifiedType;

    public Type? GetPinnedType(Type? elementType) => elementType;

    public Type? GetByReferenceType(Type? elementType) => elementType?.MakeByRefType();

    public Type? GetPointerType(Type? elementType) => elementType?.MakePointerType();

    public Type? GetFunctionPointerType(MethodSignature<Type?> signature) => typeof(object);

    public Type? GetGenericMethodParameter(object? genericContext, int index) => null;

    public Type? GetGenericTypeParameter(object? genericContext, int index) => null;

    private static bool IsParsable(MetadataReader reader, EntityHandle face) =>
        face.Kind == HandleKind.TypeSpecification && GenericType.Of(reader, (TypeSpecificationHandle)face) is { } generic && IsNamed(reader, generic.Definition, typeof(IParsable<>).Name);

    private static bool IsNamed(MetadataReader reader, EntityHandle type, string name) =>
        type.Kind == HandleKind.TypeReference && reader.StringComparer.Equals(reader.GetTypeReference((TypeReferenceHandle)type).Name, name);
}
