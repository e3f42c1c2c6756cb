namespace PluginLens.Toolkit;

/// <summary>Prompts of equal length that went through the model together.</summary>
/// <param name="First">Index of the first of them among all prompts.</param>
/// <param name="Prompts">The prompts, in order.</param>
/// <param name="Activations">What was asked for; row b of the batch belongs to <c>Prompts[b]</c>.</param>
public sealed record PromptBatch(int First, IReadOnlyList<Prompt> Prompts, Activations Activations);
