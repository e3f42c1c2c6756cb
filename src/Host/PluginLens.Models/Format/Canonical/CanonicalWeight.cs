using PluginLens.Models.Format.Writing;

namespace PluginLens.Models.Format.Canonical;

/// <summary>One weight of the canonical model, read when it is written, so that no more than one is in memory twice.</summary>
/// <param name="Name">Its canonical name.</param>
/// <param name="Shape">Its canonical shape.</param>
/// <param name="Read">Gives the values, row-major.</param>
internal sealed record CanonicalWeight(string Name, long[] Shape, Func<float[]> Read)
{
    /// <summary>Gives it as codes, where it is not written in float32.</summary>
    public Func<CodedData>? Codes { get; init; }

    /// <summary>How its source stores it, where <see cref="Codes"/> are written.</summary>
    public string? StoredType { get; init; }
}
