namespace PluginLens.Host;

/// <summary>How one analysis of <c>--plugin all</c> ended.</summary>
/// <param name="Analysis">Its id.</param>
/// <param name="End">How.</param>
/// <param name="Seconds">Wall time; null where it did not start.</param>
/// <param name="Said">Rows and verdict, or why there are none.</param>
public sealed record RunOutcome(string Analysis, RunEnd End, double? Seconds, string Said);
