using PluginLens.Models.Format.Files;

namespace PluginLens.Models.Format.Writing;

/// <summary>A weight as codes with scales, or as half-precision numbers.</summary>
/// <param name="Type">Type of the codes.</param>
/// <param name="Shape">[a, blocks, run, c], or the weight's own shape for half precision.</param>
/// <param name="Codes">Their bytes, two codes in a byte where they have four bits.</param>
internal sealed record CodedData(ElementType Type, long[] Shape, byte[] Codes)
{
    /// <summary>Type of scales and minima.</summary>
    public ElementType ScaleType { get; init; }

    /// <summary>Scales [a, blocks, 1, c]; null for half precision.</summary>
    public byte[]? Scales { get; init; }

    /// <summary>What is added, as the scales; or null.</summary>
    public byte[]? Minima { get; init; }

    /// <summary>The model's multiplier.</summary>
    public float Factor { get; init; } = 1;
}
