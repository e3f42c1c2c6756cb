namespace PluginLens.Models.Format.Writing;

/// <summary>Where a weight lies in the data file.</summary>
/// <param name="Name">Canonical name.</param>
/// <param name="Shape">Shape.</param>
/// <param name="Offset">First byte, a multiple of 64.</param>
/// <param name="Length">Bytes.</param>
internal sealed record WrittenWeight(string Name, long[] Shape, long Offset, long Length);
