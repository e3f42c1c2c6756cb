namespace PluginLens.Host;

/// <summary>What a message of an isolated analysis to the host is.</summary>
internal enum Frame : byte
{
    /// <summary>It could not begin: the error.</summary>
    Refused,

    /// <summary>What it would cost.</summary>
    Planned,

    /// <summary>A prompt as run.json keeps it; all of them come before <see cref="Begun"/>.</summary>
    Input,

    /// <summary>It begins: the provenance, as far as it is known.</summary>
    Begun,

    /// <summary>A table was opened.</summary>
    Table,

    /// <summary>A row of a table.</summary>
    Row,

    /// <summary>A figure.</summary>
    Figure,

    /// <summary>A file that lies, whole, in the folder of the process.</summary>
    File,

    /// <summary>A note.</summary>
    Note,

    /// <summary>A warning.</summary>
    Warning,

    /// <summary>How far the rows are whole.</summary>
    PromptsDone,

    /// <summary>How far it is.</summary>
    Progress,

    /// <summary>It is through, or an exception ended it.</summary>
    Ended,
}
