using System.Reflection;
using System.Runtime.CompilerServices;

namespace PluginLens.Standins.Tests.StandinOnly.Api;

/// <summary>Writes a type and its members the way the listing of the official packages does.</summary>
/// <remarks>
/// The listing holds default values, type parameters, ref and out, static, virtual and abstract. It does not hold, and so
/// nothing here can check: constraints of type parameters, whether a reference may be null, attributes, interfaces
/// other than IDisposable, protected constructors, and whether a struct or a property's setter is readonly or init.
/// </remarks>
internal static class ApiText
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void", [typeof(object)] = "object", [typeof(string)] = "string", [typeof(bool)] = "bool",
        [typeof(byte)] = "byte", [typeof(int)] = "int", [typeof(long)] = "long", [typeof(float)] = "float", [typeof(double)] = "double",
    };

    public static string Headline(Type type)
    {
        var disposable = typeof(IDisposable).IsAssignableFrom(type) ? " IDisposable" : "";
        var parent = type.IsClass && type.BaseType is { } b && b != typeof(object) ? $" : {Name(b)}" : "";
        return $"{type.Namespace}.{Name(type)} {Kind(type)}{parent}{disposable}";
    }

    public static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return [string.Join(", ", type.GetEnumValues().Cast<object>().Select(value => $"{value}={Convert.ToInt64(value)}"))];
        }

        return type.GetConstructors().Where(c => !type.IsSubclassOf(typeof(Delegate))).Select(c => $"ctor({Parameters(c)})")
            .Concat(type.GetFields(Declared).Where(f => f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly).Select(f => $"field {(f.IsStatic ? "static " : "")}{Name(f.FieldType)} {f.Name}"))
            .Concat(type.GetProperties(Declared).Where(p => Accessors(p).Any()).Select(Property))
            .Concat(type.GetEvents(Declared).Where(e => IsVisible(e.AddMethod)).Select(e => $"event {Name(e.EventHandlerType!)} {e.Name}"))
            .Concat(type.GetMethods(Declared).Where(m => IsVisible(m) && !m.IsSpecialName).Select(Method));
    }

    private static string Kind(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsValueType: true } => "struct",
        { IsInterface: true } => "interface",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static bool IsVisible(MethodBase? method) => method is { IsPublic: true } or { IsFamily: true } or { IsFamilyOrAssembly: true };

    private static IEnumerable<MethodInfo> Accessors(PropertyInfo property) => property.GetAccessors(nonPublic: true).Where(IsVisible);

    private static string Property(PropertyInfo property)
    {
        var accessors = $"{(IsVisible(property.GetMethod) ? "get;" : "")}{(IsVisible(property.SetMethod) ? "set;" : "")}";
        return $"{Modifiers(Accessors(property).First())}{Name(property.PropertyType)} {property.Name} {{{accessors}}}";
    }

    private static string Method(MethodInfo method)
    {
        var types = method.IsGenericMethod ? $"<{string.Join(',', method.GetGenericArguments().Select(Name))}>" : "";
        return $"{Modifiers(method)}{Name(method.ReturnType)} {method.Name}{types}({Parameters(method)})";
    }

    private static string Modifiers(MethodInfo method) =>
        (method.IsPublic ? "" : "protected ") + method switch
        {
            { IsStatic: true } => "static ",
            { IsAbstract: true } => "abstract ",
            { IsVirtual: true, IsFinal: false } => "virtual ",
            _ => "",
        };

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        var mode = parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? "ref " : "";
        var value = parameter.HasDefaultValue ? $"={parameter.DefaultValue ?? "null"}" : "";
        return $"{mode}{Name(parameter.ParameterType)} {parameter.Name}{value}";
    }

    private static string Name(Type type) => type switch
    {
        { IsByRef: true } => Name(type.GetElementType()!),
        { IsArray: true } => $"{Name(type.GetElementType()!)}[]",
        _ when Nullable.GetUnderlyingType(type) is { } value => $"{Name(value)}?",
        { IsGenericType: true } => $"{type.Name[..type.Name.IndexOf('`')]}<{string.Join(',', type.GetGenericArguments().Select(Name))}>",
        _ => Keywords.GetValueOrDefault(type, type.Name),
    };
}
