namespace PluginLens;

/// <summary>A table that an analysis fills, for <c>pluginlens describe</c>: the columns are the properties of its rows.</summary>
/// <param name="table">Name of the table, as in <see cref="Results.Table{TRow}(string, int)"/>.</param>
/// <param name="row">Type of its rows.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class WritesAttribute(string table, Type row) : Attribute
{
    /// <summary>Name of the table.</summary>
    public string Table { get; } = table;

    /// <summary>Type of its rows.</summary>
    public Type Row { get; } = row;

    /// <summary>What it takes for the table to appear, as one clause (<c>with --negative</c>); empty where it always does.</summary>
    public string When { get; init; } = string.Empty;
}
