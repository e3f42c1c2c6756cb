namespace PluginLens.Toolkit;

/// <summary>What a product with a token is divided by.</summary>
public enum CosineOf
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The length of the token's vector.</summary>
    Output,

    /// <summary>That, and the length of what it is multiplied with: a cosine.</summary>
    Both,
}
