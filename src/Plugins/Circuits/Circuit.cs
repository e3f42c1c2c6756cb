namespace PluginLens.Plugins.Circuits;

/// <summary>The two products of a head's matrices.</summary>
internal enum Circuit
{
    /// <summary>W_V W_O.</summary>
    OV,

    /// <summary>W_Q W_Kᵀ.</summary>
    QK,
}
