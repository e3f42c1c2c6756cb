namespace PluginLens.Toolkit;

/// <summary>The kinds of parameters that are vectors of width d_model.</summary>
public enum ParameterGroup
{
    /// <summary>FFN keys: columns of W_in (W_gate where gated).</summary>
    K,

    /// <summary>FFN values: rows of W_out.</summary>
    V,

    /// <summary>Columns of W_Q, head after head.</summary>
    WQ,

    /// <summary>Columns of W_K, key-value head after key-value head.</summary>
    WK,

    /// <summary>Columns of W_V, key-value head after key-value head.</summary>
    WV,

    /// <summary>Rows of W_O, head after head.</summary>
    WO,

    /// <summary>Gated MLPs: columns of W_in, beside the keys in W_gate.</summary>
    KIn,
}
