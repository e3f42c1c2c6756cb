using System.Reflection;

namespace PluginLens.Host;

/// <summary>A table that an analysis says it fills.</summary>
/// <param name="Name">Kebab-case.</param>
/// <param name="Columns">Its columns, in order.</param>
/// <param name="When">What it takes for it to appear; empty where it always does.</param>
public sealed record TableInfo(string Name, IReadOnlyList<Column> Columns, string When)
{
    /// <summary>What an analysis's <see cref="WritesAttribute"/>s say.</summary>
    /// <param name="analysis">Its class.</param>
    public static IReadOnlyList<TableInfo> Of(Type analysis) =>
        [.. analysis.GetCustomAttributes<WritesAttribute>(inherit: true).Select(writes => new TableInfo(writes.Table, RowColumns.Of(writes.Row, []), writes.When))];
}
