namespace PluginLens.Plugins.Circuits;

/// <summary>One circuit of every head of a layer, divided by its Frobenius norm: with <c>M = U S Vᵀ</c>, what reads M from the left meets <c>U S</c>, from the right <c>V S</c>.</summary>
/// <param name="Left">Columns of <c>U S</c> as rows, head after head, <c>(heads * d_head) x d_model</c>; zeros where M is zero.</param>
/// <param name="Right">Columns of <c>V S</c> as rows, likewise.</param>
internal sealed record CircuitSides(Matrix Left, Matrix Right);
