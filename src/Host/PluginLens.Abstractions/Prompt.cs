namespace PluginLens;

/// <summary>One input: a prompt, or one row of a labelled dataset.</summary>
/// <param name="Text">What the user wrote; null when ids were given.</param>
/// <param name="Tokens">Token ids, with the special tokens that the model's tokenizer adds, <c>[pos]</c>.</param>
/// <param name="Label">The label column of a dataset; null for plain prompts.</param>
public sealed record Prompt(string? Text, int[] Tokens, string? Label = null)
{
    /// <summary>Whether tokens beyond the model's context were left out.</summary>
    public bool IsCut { get; init; }
}
