namespace PluginLens.Plugins.Attribution;

/// <summary>What one term adds.</summary>
/// <param name="Kind">What the term is.</param>
/// <param name="Layer">Layer; null outside the blocks.</param>
/// <param name="Index">Head or neuron.</param>
/// <param name="Value">In logits.</param>
internal sealed record Part(ContributionKind Kind, int? Layer, int? Index, double Value);
