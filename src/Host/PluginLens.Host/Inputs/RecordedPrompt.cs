namespace PluginLens.Host;

/// <summary>A prompt as run.json keeps it: what it takes to read it again with any tokenizer.</summary>
/// <param name="Text">The text; null where ids were given.</param>
/// <param name="Label">Its label, or null.</param>
/// <param name="Ids">The ids; null where a text was given.</param>
public sealed record RecordedPrompt(string? Text, string? Label, IReadOnlyList<int>? Ids)
{
    /// <summary>What is kept of a prompt.</summary>
    /// <param name="prompt">As it was read.</param>
    public static RecordedPrompt Of(Prompt prompt) => new(prompt.Text, prompt.Label, prompt.Text is null ? prompt.Tokens : null);
}
