namespace PluginLens.Toolkit;

/// <summary>Which matrix of a gated MLP holds the keys.</summary>
public enum GatedKey
{
    /// <summary>W_gate.</summary>
    Gate,

    /// <summary>W_in.</summary>
    In,
}
