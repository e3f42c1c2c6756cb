namespace PluginLens.Explore;

/// <summary>A model that can be chosen.</summary>
/// <param name="Name">As <c>--model</c> takes it.</param>
/// <param name="Config">What it is; null where it cannot be opened.</param>
/// <param name="Error">Why it cannot be opened, or null.</param>
public sealed record ModelChoice(string Name, ModelConfig? Config, string? Error);
