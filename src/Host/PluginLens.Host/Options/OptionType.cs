using System.Globalization;
using System.Reflection;
using PluginLens.Files;

namespace PluginLens.Host;

/// <summary>How the text of one option becomes a value of its property.</summary>
internal sealed class OptionType
{
    private readonly Type _element;
    private readonly Func<string, object> _parse;

    private OptionType(PropertyInfo property)
    {
        Least = property.GetCustomAttribute<AtLeastAttribute>()?.Least;
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var list = ListElement(type);
        IsList = list is not null;
        _element = list ?? type;
        (Word, _parse) = Parser(_element) ?? throw new PluginException(OptionRules.Unbindable(Names.Kebab(property.Name), property.DeclaringType!.Name));
        Allowed = _element.IsEnum ? [.. Enum.GetNames(_element).Select(Names.Kebab)] : [];
    }

    public string Word { get => IsList ? $"{field},{field},.." : field; }

    public IReadOnlyList<string> Allowed { get; }

    public double? Least { get; }

    public bool IsList { get; }

    public bool IsFlag => !IsList && _element == typeof(bool);

    public static OptionType Of(PropertyInfo property) => new(property);

    /// <summary>Whether a text, or a list of them, can become a value of a type.</summary>
    /// <param name="type">Type of a property.</param>
    public static bool CanBind(Type type)
    {
        var single = Nullable.GetUnderlyingType(type) ?? type;
        return Parser(ListElement(single) ?? single) is not null;
    }

    /// <summary>The value of the property, from one text, or several for a list.</summary>
    /// <param name="name">Option name, for messages.</param>
    /// <param name="texts">What the user wrote; at least one.</param>
    public object Parse(string name, IReadOnlyList<string?> texts)
    {
        if (!IsList)
        {
            return texts.Count == 1
                ? Single(name, texts[0] ?? (IsFlag ? "true" : throw new UsageException($"--{name} needs a value ({Expected}).")))
                : throw new UsageException($"--{name} was given {texts.Count} times; it takes one value ({Expected}).");
        }

        var values = texts
            .SelectMany(text => (text ?? throw new UsageException($"--{name} needs a value ({Expected}).")).Split(',', StringSplitOptions.TrimEntries))
            .Select(text => Single(name, text))
            .ToList();
        var array = Array.CreateInstance(_element, values.Count);
        for (var index = 0; index < values.Count; index++)
        {
            array.SetValue(values[index], index);
        }

        return array;
    }

    private string Expected => Allowed.Count > 0 ? string.Join(", ", Allowed) : Least is { } least ? string.Create(CultureInfo.InvariantCulture, $"{Word} of at least {least}") : Word;

    private object Single(string name, string text)
    {
        try
        {
            var value = _parse(text);
            return Least is null || Convert.ToDouble(value, CultureInfo.InvariantCulture) >= Least ? value : throw new FormatException();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--{name} '{text}': {OneLine.Of(error.Message)}", error);
        }
        catch (TargetInvocationException error) when (error.InnerException is UsageException inner)
        {
            throw inner;
        }
        catch (Exception error) when (error is FormatException or OverflowException or ArgumentException or TargetInvocationException)
        {
            // A type's own Parse explains itself; numbers and names are explained here.
            var own = error is TargetInvocationException { InnerException: FormatException { Message: var message } } ? message : null;
            throw new UsageException(own is null ? $"--{name} '{text}': expected {Expected}." : $"--{name} '{text}': {OneLine.Of(own)}", error);
        }
    }

    private static Type? ListElement(Type type)
    {
        if (type.IsArray)
        {
            return type.GetArrayRank() == 1 ? type.GetElementType() : null;
        }

        var isList = type.IsGenericType && type.IsInterface && type.IsAssignableFrom(type.GetGenericArguments()[0].MakeArrayType());
        return isList ? type.GetGenericArguments()[0] : null;
    }

    private static (string Word, Func<string, object> Parse)? Parser(Type type)
    {
        var culture = CultureInfo.InvariantCulture;
        if (type.IsEnum)
        {
            // Letters count alone: W_V, w-v and wv are one name.
            var members = Enum.GetNames(type).ToDictionary(member => member, member => Enum.Parse(type, member), StringComparer.OrdinalIgnoreCase);
            return ("one of", text => members.TryGetValue(text.Replace("-", null).Replace("_", null), out var member) ? member : throw new FormatException());
        }

        return Type.GetTypeCode(type) switch
        {
            TypeCode.Boolean => ("flag", text => bool.TryParse(text, out var flag) ? flag : throw new FormatException()),
            TypeCode.Int32 => ("int", text => int.Parse(text, NumberStyles.AllowLeadingSign, culture)),
            TypeCode.Int64 => ("int", text => long.Parse(text, NumberStyles.AllowLeadingSign, culture)),
            TypeCode.Single => ("number", text => float.Parse(text, NumberStyles.Float, culture) is var value && float.IsFinite(value) ? value : throw new FormatException()),
            TypeCode.Double => ("number", text => double.Parse(text, NumberStyles.Float, culture) is var value && double.IsFinite(value) ? value : throw new FormatException()),
            TypeCode.String => ("text", text => text),
            _ => type == typeof(WordList) ? ("file", path => new WordList(path, RegularFile.Text(path, SizeLimit.Words).Split(["\r\n", "\n", "\r"], StringSplitOptions.None))) : OwnParser(type),
        };
    }

    private static (string Word, Func<string, object> Parse)? OwnParser(Type type)
    {
        if (!Array.Exists(type.GetInterfaces(), face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IParsable<>)))
        {
            return null;
        }

        var parse = typeof(OptionType).GetMethod(nameof(ParseAs), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type);
        return (Names.Kebab(type.Name), text => parse.Invoke(null, [text])!);
    }

    private static object ParseAs<T>(string text)
        where T : IParsable<T> => T.Parse(text, CultureInfo.InvariantCulture);
}
