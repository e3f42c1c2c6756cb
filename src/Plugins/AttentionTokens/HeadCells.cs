namespace PluginLens.Plugins.AttentionTokens;

/// <summary>The ids that one head reads as in one prompt of n tokens.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Prompt">Index of the prompt.</param>
/// <param name="Tokens">The prompt, <c>[n]</c>.</param>
/// <param name="Attn">Attention weights, <c>[n * n]</c>.</param>
/// <param name="Causal">Whether cells with j above i are none.</param>
internal sealed record HeadCells(int Layer, int Head, int Prompt, int[] Tokens, float[] Attn, bool Causal)
{
    /// <summary>Ids of each component, <c>[n]</c> of q, k and v, <c>[n * n]</c> of the others; null = not asked for.</summary>
    public int[]?[] Ids { get; } = new int[]?[Enum.GetValues<AttentionComponent>().Length];

    /// <summary>The id of a component in a cell.</summary>
    /// <param name="component">Which.</param>
    /// <param name="i">Query.</param>
    /// <param name="j">Key.</param>
    public int? Id(AttentionComponent component, int i, int j) => Ids[(int)component] is { } ids ? ids[component is AttentionComponent.Hadamard or AttentionComponent.Dot ? (i * Tokens.Length) + j : i] : null;

    /// <summary>The cells that there are, row by row.</summary>
    public IEnumerable<(int I, int J)> Places
    {
        get
        {
            for (var i = 0; i < Tokens.Length; i++)
            {
                for (var j = 0; j < (Causal ? i + 1 : Tokens.Length); j++)
                {
                    yield return (i, j);
                }
            }
        }
    }

    /// <summary>The cells as rows of the dataset.</summary>
    /// <param name="model">Gives ids their text.</param>
    public IEnumerable<AttentionTokenRow> Rows(Model model)
    {
        foreach (var (i, j) in Places)
        {
            Token? Of(AttentionComponent component) => Id(component, i, j) is { } id ? model.Token(id) : null;
            yield return new AttentionTokenRow(
                Layer, Head, Prompt, i, j, model.Token(Tokens[i]), Attn[(i * Tokens.Length) + j],
                Of(AttentionComponent.Hadamard), Of(AttentionComponent.Dot), Of(AttentionComponent.Q), Of(AttentionComponent.K), Of(AttentionComponent.V));
        }
    }
}
