namespace PluginLens.Toolkit;

/// <summary>What a head's matrices are given.</summary>
public enum PatternInput
{
    /// <summary>What the model gives them: the layer's input after its norm, and positions where the model adds them there.</summary>
    Normed,

    /// <summary>The layer's input as it is.</summary>
    Raw,
}
