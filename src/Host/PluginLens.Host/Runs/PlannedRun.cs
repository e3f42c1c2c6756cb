namespace PluginLens.Host;

/// <summary>What one analysis of <c>--plugin all --plan</c> would cost.</summary>
/// <param name="Analysis">Its id.</param>
/// <param name="Cost">Its cost; null where there is none to say.</param>
/// <param name="Said">Why there is none.</param>
public sealed record PlannedRun(string Analysis, Cost? Cost, string Said);
