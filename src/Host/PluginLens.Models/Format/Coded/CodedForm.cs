namespace PluginLens.Models.Format.Coded;

/// <summary>The steps from what is stored to a weight, in this order: codes times scale, plus minimum, in canonical shape, times factor; each rounded to float32.</summary>
/// <param name="HasScale">Whether the numbers are codes with a scale for each block, and not half-precision numbers.</param>
/// <param name="HasMinimum">Whether each block has something that is added.</param>
/// <param name="HasFactor">Whether the model's own multiplier follows.</param>
internal sealed record CodedForm(bool HasScale, bool HasMinimum, bool HasFactor);
