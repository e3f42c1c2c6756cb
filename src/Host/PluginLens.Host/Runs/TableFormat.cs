namespace PluginLens.Host;

/// <summary>How the tables of a run are kept.</summary>
public enum TableFormat
{
    /// <summary>One CSV file a table.</summary>
    Csv,

    /// <summary>One Parquet file a table.</summary>
    Parquet,

    /// <summary>Both.</summary>
    Both,
}
