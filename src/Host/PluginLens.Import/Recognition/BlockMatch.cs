namespace PluginLens.Import.Recognition;

/// <summary>One block: attention, MLP, and where the norms stand.</summary>
/// <param name="Attention">The attention.</param>
/// <param name="Mlp">The MLP, or null.</param>
/// <param name="Norm1">Norm before the attention (or behind it, with norms after), or null.</param>
/// <param name="Norm2">Norm before the MLP (or behind it), or null where it has none of its own.</param>
/// <param name="IsPost">Norms stand behind the sums.</param>
/// <param name="IsParallel">Attention and MLP read the same stream.</param>
/// <param name="End">The stream after the block (behind its last norm), resolved.</param>
internal sealed record BlockMatch(AttentionMatch Attention, MlpMatch? Mlp, Norm? Norm1, Norm? Norm2, bool IsPost, bool IsParallel, string End);
