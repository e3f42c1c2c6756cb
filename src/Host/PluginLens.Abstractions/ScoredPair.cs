namespace PluginLens;

/// <summary>An entry of a product A·Bᵀ.</summary>
/// <param name="Row">Row of A.</param>
/// <param name="Column">Row of B.</param>
/// <param name="Score">Their dot product, computed in float64.</param>
public readonly record struct ScoredPair(int Row, int Column, double Score);
