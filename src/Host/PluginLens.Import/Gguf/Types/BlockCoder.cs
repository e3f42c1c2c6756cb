namespace PluginLens.Import.Gguf.Types;

/// <summary>Takes a block apart into codes and what they are multiplied by.</summary>
/// <param name="block">The block.</param>
/// <param name="codes">Receives a code for each value.</param>
/// <param name="scales">Receives the scale of each run of codes.</param>
/// <param name="minima">Receives what is added to each run; empty where the type has none.</param>
internal delegate void BlockCoder(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minima);
