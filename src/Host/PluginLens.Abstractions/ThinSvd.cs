namespace PluginLens;

/// <summary>
/// A matrix as <c>U diag(S) Vᵀ</c>. Signs are fixed: the entry of largest magnitude of each right vector is positive, the
/// lowest index deciding ties (entries within 1e-9 of it).
/// </summary>
/// <param name="U">Left vectors as columns, <c>n x r</c>.</param>
/// <param name="S">Singular values, descending, <c>[r]</c>.</param>
/// <param name="V">Right vectors as columns (V, not its transpose), <c>m x r</c>.</param>
public sealed record ThinSvd(Matrix64 U, double[] S, Matrix64 V);
