using PluginLens.Models.Format.Files;

namespace PluginLens.Models.Sessions.Rewriting;

/// <summary>A weight under another name and with other extents: the same numbers in the same place.</summary>
/// <param name="weight">The weight.</param>
/// <param name="name">The other name.</param>
/// <param name="shape">The other extents.</param>
internal sealed class ReshapedWeight(ModelWeight weight, string name, int[] shape) : ModelWeight(name, weight.Type, shape)
{
    /// <inheritdoc/>
    public override nint Address => weight.Address;

    /// <inheritdoc/>
    public override Tensor Read() => new(Name, weight.Read().Data, Shape);
}
