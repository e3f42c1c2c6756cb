namespace PluginLens.Numerics.Kernels;

/// <summary>What became of a tile of the screen.</summary>
internal enum ScreenOutcome
{
    /// <summary>The first dimensions ruled every pair out.</summary>
    Early,

    /// <summary>All dimensions did.</summary>
    Late,

    /// <summary>Some pair is left, and the tile is written.</summary>
    Written,
}
