namespace PluginLens.Toolkit;

/// <summary>Prompts of equal length, one behind the other.</summary>
/// <param name="First">Index of the first of them among all prompts.</param>
/// <param name="Prompts">The prompts, in order.</param>
/// <param name="Activations">What was asked for; row b of the batch belongs to <c>Prompts[b]</c>.</param>
public sealed record PromptBatch(int First, IReadOnlyList<Prompt> Prompts, Activations Activations)
{
    /// <summary>One of the prompts by itself; its activations are views.</summary>
    /// <param name="row">Its row.</param>
    /// <param name="index">Its index among all prompts.</param>
    internal PromptBatch Alone(int row, int index)
    {
        return new(index, [Prompts[row]], new Activations(Activations.Names.ToDictionary(hook => hook, Of, StringComparer.Ordinal)));

        Tensor Of(string hook) => new(hook, Activations[hook][row].Data, [1, .. Activations[hook].Shape.Skip(1)]);
    }
}
