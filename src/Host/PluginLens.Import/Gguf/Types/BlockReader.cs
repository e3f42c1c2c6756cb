namespace PluginLens.Import.Gguf.Types;

/// <summary>
/// Computes the float32 values of one block (of any number of them, where a block is one number), bit for bit as ggml does: every product and sum is
/// rounded on its own, and the scale is multiplied by the sub-scale first.
/// </summary>
/// <param name="block">The bytes of the block.</param>
/// <param name="values">Receives its values.</param>
internal delegate void BlockReader(ReadOnlySpan<byte> block, Span<float> values);
