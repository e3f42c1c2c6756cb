using System.Buffers.Binary;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace PluginLens.Host;

/// <summary>
/// The number that a property's initialiser assigns, where the constructor assigns a constant: <c>ldarg.0</c>, a constant, perhaps a conversion, <c>stfld</c> of the
/// property's field (ECMA-335, III). What is computed is not looked at.
/// </summary>
internal static class ConstantDefault
{
    private const byte LoadThis = 0x02, StoreField = 0x7D, NewObject = 0x73, FirstConversion = 0x67, LastConversion = 0x6C;

    /// <summary>The default; null for what is no number, and where no constant is assigned.</summary>
    /// <param name="file">The assembly.</param>
    /// <param name="metadata">Its metadata.</param>
    /// <param name="record">The record of options.</param>
    /// <param name="property">A property of it.</param>
    /// <param name="type">Type of the property.</param>
    public static double? Of(PEReader file, MetadataReader metadata, TypeDefinition record, PropertyDefinition property, Type type)
    {
        var name = $"<{metadata.GetString(property.Name)}>k__BackingField";
        var field = record.GetFields().FirstOrDefault(handle => metadata.StringComparer.Equals(metadata.GetFieldDefinition(handle).Name, name));
        var constructor = metadata.Constructor(record);
        if (field.IsNil || constructor.IsNil)
        {
            return null;
        }

        var code = file.GetMethodBody(metadata.GetMethodDefinition(constructor).RelativeVirtualAddress).GetILBytes() ?? [];
        Span<byte> store = stackalloc byte[1 + sizeof(int)];
        store[0] = StoreField;
        BinaryPrimitives.WriteInt32LittleEndian(store[1..], MetadataTokens.GetToken(field));
        var end = code.AsSpan().IndexOf(store);
        return end >= 0 ? Assigned(code.AsSpan(0, end)) : type.IsPrimitive ? 0 : null;
    }

    /// <summary>The constant at the end of the code.</summary>
    private static double? Assigned(ReadOnlySpan<byte> code)
    {
        for (var start = code.Length - 2; start >= 0 && start >= code.Length - 16; start--)
        {
            if (code[start] == LoadThis && Constant(code[(start + 1)..]) is var (value, length) && IsConversion(code[(start + 1 + length)..]))
            {
                return value;
            }
        }

        return null;
    }

    private static (double Value, int Length)? Constant(ReadOnlySpan<byte> code) => (code[0], code.Length) switch
    {
        ( >= 0x15 and <= 0x1E and var small, _) => (small - 0x16, 1),
        (0x1F, >= 2) => ((sbyte)code[1], 2),
        (0x20, >= 5) => (BinaryPrimitives.ReadInt32LittleEndian(code[1..]), 5),
        (0x21, >= 9) => (BinaryPrimitives.ReadInt64LittleEndian(code[1..]), 9),
        (0x22, >= 5) => (BinaryPrimitives.ReadSingleLittleEndian(code[1..]), 5),
        (0x23, >= 9) => (BinaryPrimitives.ReadDoubleLittleEndian(code[1..]), 9),
        _ => null,
    };

    /// <summary>Nothing, <c>conv.*</c>, the constructor of a nullable, or one after the other.</summary>
    private static bool IsConversion(ReadOnlySpan<byte> code)
    {
        code = code is [>= FirstConversion and <= LastConversion, ..] ? code[1..] : code;
        return code is [] or [NewObject, _, _, _, _];
    }
}
