namespace PluginLens.Toolkit;

/// <summary>How results are laid out.</summary>
public enum Layout
{
    /// <summary>As tables.</summary>
    Table,

    /// <summary>A file with the document's own layout beside the tables.</summary>
    Document,
}
