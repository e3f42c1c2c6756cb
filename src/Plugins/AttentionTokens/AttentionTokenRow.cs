namespace PluginLens.Plugins.AttentionTokens;

/// <summary>One cell of the dataset of attention tokens: a head at two positions of a prompt, and the token that each component of its attention reads as.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Head.</param>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="I">Position of the query, from 0.</param>
/// <param name="J">Position of the key, from 0; at most <paramref name="I"/> in causal models.</param>
/// <param name="Input">The token at <paramref name="I"/>.</param>
/// <param name="Attn">Attention that the query pays to the key, 0 to 1.</param>
/// <param name="Hadamard">Token of the element-wise product of query and key.</param>
/// <param name="Dot">Token of their scalar product, the same for every coordinate of the head.</param>
/// <param name="Q">Token of the query.</param>
/// <param name="K">Token of the key at <paramref name="I"/>, as the published table has it.</param>
/// <param name="V">Token of the value at <paramref name="I"/>.</param>
public sealed record AttentionTokenRow(int Layer, int Head, int Prompt, int I, int J, Token Input, double Attn, Token? Hadamard, Token? Dot, Token? Q, Token? K, Token? V);
