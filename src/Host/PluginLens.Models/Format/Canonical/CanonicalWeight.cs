namespace PluginLens.Models.Format.Canonical;

/// <summary>One weight of the canonical model, read when it is written, so that no more than one is in memory twice.</summary>
/// <param name="Name">Its canonical name.</param>
/// <param name="Shape">Its canonical shape.</param>
/// <param name="Read">Gives the values, row-major.</param>
internal sealed record CanonicalWeight(string Name, long[] Shape, Func<float[]> Read);
