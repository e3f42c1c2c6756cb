namespace PluginLens.Import.Recognition;

/// <summary>What stands behind the last block.</summary>
/// <param name="Output">The tensor that holds the logits or the hidden states: an output of the graph, or what a Softmax at its end reads.</param>
/// <param name="Unembedding">W_U, or null for an encoder without a head.</param>
/// <param name="Final">Norm before the unembedding, or null.</param>
/// <param name="Transform">First map of a masked-LM head, or null.</param>
/// <param name="TransformActivation">Its activation.</param>
/// <param name="TransformNorm">Its norm.</param>
internal sealed record HeadMatch(string Output, Linear? Unembedding, Norm? Final, Linear? Transform, string? TransformActivation, Norm? TransformNorm);
