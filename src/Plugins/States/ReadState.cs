using System.Globalization;

namespace PluginLens.Plugins.States;

/// <summary>A state that is read.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Layer">Its layer; null where it belongs to none.</param>
/// <param name="Hook">Where it is.</param>
internal readonly record struct ReadState(StateKind Kind, int? Layer, string Hook)
{
    /// <summary>A name for figures.</summary>
    public string Name => Layer?.ToString(CultureInfo.InvariantCulture) ?? (Kind == StateKind.Embed ? "embed" : "predicted");

    /// <summary>The input of layer 0.</summary>
    /// <param name="hook">Where it is.</param>
    public static ReadState Embed(string hook) => new(StateKind.Embed, null, hook);

    /// <summary>A state of a layer.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="hook">Where it is.</param>
    public static ReadState Of(int layer, string hook) => new(StateKind.Block, layer, hook);
}
