namespace PluginLens.Import.Recognition;

/// <summary>The sum that the blocks start from.</summary>
/// <param name="Tokens">Name of the constant W_E, <c>[d_vocab, d_model]</c>.</param>
/// <param name="Factor">What token embeddings are multiplied with.</param>
/// <param name="Positions">Name of the constant position table, or null.</param>
/// <param name="PositionOffset">Row of position 0.</param>
/// <param name="CountsTokens">Positions are counted over the tokens that are not padding.</param>
/// <param name="TokenTypes">Name of the constant token-type table (or of the one row that is always added), or null.</param>
internal sealed record EmbeddingMatch(string Tokens, double Factor, string? Positions, int PositionOffset, bool CountsTokens, string? TokenTypes);
