namespace PluginLens.Toolkit;

/// <summary>How much of the norms around them is put into weights that are looked at without a text.</summary>
public enum NormFolding
{
    /// <summary>Nothing: weights as they are stored.</summary>
    None,

    /// <summary>The gain of the norm before them: <c>diag(w) W</c>.</summary>
    Gain,

    /// <summary>The gain and, where norms subtract a mean (LayerNorm), the mean of what is read and of what is written.</summary>
    Full,
}
