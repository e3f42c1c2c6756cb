namespace PluginLens.Import.Probe;

/// <summary>What a graph input holds.</summary>
internal enum InputRole
{
    Tokens,
    Positions,
    TokenTypes,
    Mask,
    Past,

    /// <summary>Index of each sequence's last token.</summary>
    LastPosition,

    /// <summary>Number of tokens, one for all sequences.</summary>
    Length,
}
