namespace PluginLens.Toolkit;

/// <summary>Which embedding matrix stands on a side of a product with the vocabulary.</summary>
public enum EmbeddingChoice
{
    /// <summary>W_E for what reads the residual stream, W_U for what writes it.</summary>
    Auto,

    /// <summary>W_E everywhere.</summary>
    Input,

    /// <summary>W_U everywhere.</summary>
    Output,
}
