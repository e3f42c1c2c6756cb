namespace PluginLens.Host;

/// <summary>How a cell is compared.</summary>
public enum Comparison
{
    /// <summary><c>=</c>.</summary>
    Equal,

    /// <summary><c>!=</c>.</summary>
    NotEqual,

    /// <summary><c>&lt;</c>.</summary>
    Less,

    /// <summary><c>&lt;=</c>.</summary>
    AtMost,

    /// <summary><c>></c>.</summary>
    Greater,

    /// <summary><c>>=</c>.</summary>
    AtLeast,

    /// <summary><c>~</c> or <c>contains</c>: the text is in the cell, case aside.</summary>
    Contains,
}
