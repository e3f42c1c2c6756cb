using PluginLens.Models.Format.Files;

namespace PluginLens.Import.Gguf.Types;

/// <summary>A type whose values are <c>code * scale + minimum</c>, each step rounded to float32, with one scale for each run of codes.</summary>
/// <param name="Codes">The smallest type of ONNX that holds its codes.</param>
/// <param name="Run">Codes that share a scale.</param>
/// <param name="Scales">Type of scales and minima: half where they stand in the file, float32 where they are a product.</param>
/// <param name="HasMinimum">Whether something is added.</param>
/// <param name="Coder">Takes a block apart.</param>
internal sealed record CodeForm(ElementType Codes, int Run, ElementType Scales, bool HasMinimum, BlockCoder Coder)
{
    private const int MostElements = 256;

    /// <summary>The values of a block, as llama.cpp computes them.</summary>
    /// <param name="block">The block.</param>
    /// <param name="values">Receives them.</param>
    public void Values(ReadOnlySpan<byte> block, Span<float> values)
    {
        var runs = values.Length / Run;
        Span<sbyte> codes = stackalloc sbyte[MostElements];
        Span<float> scales = stackalloc float[runs];
        Span<float> minima = stackalloc float[HasMinimum ? runs : 0];
        Coder(block, codes[..values.Length], scales, minima);
        for (var i = 0; i < values.Length; i++)
        {
            var product = codes[i] * scales[i / Run];
            values[i] = HasMinimum ? product + minima[i / Run] : product;
        }
    }
}
