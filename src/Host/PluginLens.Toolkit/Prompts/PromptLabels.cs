namespace PluginLens.Toolkit;

/// <summary>Names of the positions of a prompt, for the axes of figures.</summary>
public static class PromptLabels
{
    /// <summary>Each token's text with its position, <c>the (3)</c>: equal tokens stay apart.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokens">The prompt, <c>[pos]</c>.</param>
    /// <param name="positions">Which.</param>
    public static string[] Of(Model model, IReadOnlyList<int> tokens, IEnumerable<int> positions) => [.. positions.Select(position => $"{model.Token(tokens[position]).Text} ({position})")];
}
