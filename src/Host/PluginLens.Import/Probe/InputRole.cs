namespace PluginLens.Import.Probe;

/// <summary>What a graph input holds.</summary>
internal enum InputRole
{
    Tokens,
    Positions,
    TokenTypes,
    Mask,
    Past,
}
