using PluginLens.Models.Format.Files;

namespace PluginLens.Models.Format.Writing;

/// <summary>Where a weight, or a part of one, lies in the data file.</summary>
/// <param name="Name">Canonical name, with an ending for a part.</param>
/// <param name="Shape">Shape.</param>
/// <param name="Offset">First byte, a multiple of 64.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Type">How its numbers are stored.</param>
internal sealed record WrittenWeight(string Name, long[] Shape, long Offset, long Length, ElementType Type = ElementType.Float);
