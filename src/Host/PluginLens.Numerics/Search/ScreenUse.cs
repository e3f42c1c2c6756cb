namespace PluginLens.Numerics.Search;

/// <summary>Whether a pair search screens with small integers before it computes in float32. The lists are the same.</summary>
internal enum ScreenUse
{
    /// <summary>Where a few tiles of a block show that it rules most pairs out.</summary>
    Probed,

    /// <summary>Wherever the processor can, even where it rules nothing out.</summary>
    Always,

    /// <summary>Nowhere.</summary>
    Never,
}
