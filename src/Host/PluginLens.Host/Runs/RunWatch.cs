namespace PluginLens.Host;

/// <summary>Told what a run finds while it runs, on the thread that found it; what it is told is in the result too.</summary>
/// <param name="Row">A row that was added to a table.</param>
/// <param name="Figure">A figure.</param>
public sealed record RunWatch(Action<TableData, object> Row, Action<NamedFigure> Figure);
