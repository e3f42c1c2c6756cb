namespace PluginLens.Import;

/// <summary>How far an imported model is from its source.</summary>
/// <param name="LargestDifference">Of the logits (of the hidden states, for an encoder without a head).</param>
/// <param name="LargestValue">Largest magnitude among the source's.</param>
/// <param name="Sequences">What was compared, in words.</param>
public sealed record CheckResult(double LargestDifference, double LargestValue, string Sequences);
