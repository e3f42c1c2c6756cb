namespace PluginLens.Host;

/// <summary>One column of a table: a name and how to read it from a row.</summary>
/// <param name="Name">snake_case.</param>
/// <param name="Kind">What its values are.</param>
/// <param name="Get">Reads the value of a row: null, string, bool, int, long, float or double.</param>
public sealed record Column(string Name, ColumnKind Kind, Func<object, object?> Get);

/// <summary>What the values of a column are.</summary>
public enum ColumnKind
{
    /// <summary>Free text, or an enumeration in kebab-case.</summary>
    Text,

    /// <summary>Text of a token: white space matters.</summary>
    Token,

    /// <summary>Whole numbers: ranks, indices, ids, counts.</summary>
    Integer,

    /// <summary>Real numbers: scores.</summary>
    Number,

    /// <summary>True or false.</summary>
    Boolean,
}
