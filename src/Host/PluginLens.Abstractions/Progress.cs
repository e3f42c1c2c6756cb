namespace PluginLens;

/// <summary>How far a run is.</summary>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units in all; any unit.</param>
/// <param name="What">What is being done, e.g. <c>L3H2</c>.</param>
public readonly record struct Progress(double Done, double Total, string What);
