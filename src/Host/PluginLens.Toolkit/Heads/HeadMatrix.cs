namespace PluginLens.Toolkit;

/// <summary>The four matrices of an attention head.</summary>
public enum HeadMatrix
{
    /// <summary>W_Q.</summary>
    Q,

    /// <summary>W_K.</summary>
    K,

    /// <summary>W_V.</summary>
    V,

    /// <summary>W_O.</summary>
    O,
}
