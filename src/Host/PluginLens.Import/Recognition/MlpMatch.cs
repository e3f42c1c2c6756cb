namespace PluginLens.Import.Recognition;

/// <summary>The MLP of one layer.</summary>
/// <param name="Input">What it reads, resolved.</param>
/// <param name="In">W_in (the linear branch of a gated MLP).</param>
/// <param name="Gate">W_gate of a gated MLP, or null.</param>
/// <param name="Out">W_out.</param>
/// <param name="Activation">Name of the activation function.</param>
internal sealed record MlpMatch(string Input, ColumnRange In, ColumnRange? Gate, Linear Out, string Activation);
