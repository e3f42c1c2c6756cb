namespace PluginLens.Import;

/// <summary>A tensor of a GGUF file.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Shape">Its shape, slowest axis first.</param>
/// <param name="Type">How it is stored.</param>
/// <param name="BitsPerWeight">Bits of one number, scales included.</param>
/// <param name="Weights">Numbers in it.</param>
/// <param name="Bytes">Bytes in the file.</param>
public sealed record GgufTensorDescription(string Name, IReadOnlyList<long> Shape, string Type, double BitsPerWeight, long Weights, long Bytes);
