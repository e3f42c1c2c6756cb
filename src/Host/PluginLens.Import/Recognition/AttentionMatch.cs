namespace PluginLens.Import.Recognition;

/// <summary>The attention of one layer.</summary>
/// <param name="Layer">Layer index.</param>
/// <param name="Input">What q, k and v are computed from, resolved.</param>
/// <param name="Q">Queries.</param>
/// <param name="K">Keys, heads not repeated.</param>
/// <param name="V">Values, heads not repeated.</param>
/// <param name="Output">The output projection W_O.</param>
/// <param name="OutputRows">Its row for each head and dimension, <c>[heads * d_head]</c>.</param>
/// <param name="Scale">Scores are q·k divided by this.</param>
/// <param name="Rotary">Rotary positions, or null.</param>
/// <param name="IsCausal">A token sees no later ones.</param>
/// <param name="Window">How many tokens back it sees, itself included; null = all.</param>
internal sealed record AttentionMatch(
    int Layer, string Input, HeadProjection Q, HeadProjection K, HeadProjection V, Linear Output, int[] OutputRows, double Scale, RotaryMatch? Rotary,
    bool IsCausal, int? Window);
