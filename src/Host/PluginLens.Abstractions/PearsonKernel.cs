namespace PluginLens;

/// <summary>
/// All that the correlation over a vocabulary of <c>x E1ᵀ</c> and <c>y E2ᵀ</c> needs of the embeddings (Dar et al., section 5.1):
/// <c>corr = (x K12 yᵀ - (x m1)(y m2)) / sqrt((x K11 xᵀ - (x m1)²)(y K22 yᵀ - (y m2)²))</c>, without the vocabulary.
/// </summary>
/// <param name="K11">E1ᵀE1 / n, <c>d1 x d1</c>.</param>
/// <param name="K12">E1ᵀE2 / n, <c>d1 x d2</c>.</param>
/// <param name="K22">E2ᵀE2 / n, <c>d2 x d2</c>.</param>
/// <param name="Mean1">Mean row of E1, <c>[d1]</c>.</param>
/// <param name="Mean2">Mean row of E2, <c>[d2]</c>.</param>
public sealed record PearsonKernel(Matrix64 K11, Matrix64 K12, Matrix64 K22, double[] Mean1, double[] Mean2);
