using PluginLens.Models.Format.Coded;

namespace PluginLens.Models.Format.Writing;

/// <summary>A weight whose parts lie in the data file.</summary>
/// <param name="Name">Canonical name.</param>
/// <param name="Shape">Canonical shape.</param>
/// <param name="Form">The steps from the parts to it.</param>
/// <param name="Factor">The model's multiplier.</param>
/// <param name="CanTakeRows">Whether its rows can be looked up in the parts: they have rows, and no four-bit codes, which no runtime gathers.</param>
internal sealed record WrittenCodes(string Name, long[] Shape, CodedForm Form, float Factor, bool CanTakeRows);
