namespace PluginLens.Import.Gguf.Mapping;

/// <summary>Whether matrices of a kind have a bias in the files of an architecture.</summary>
internal enum BiasRule
{
    /// <summary>Never: one that is there means a variant that is not known.</summary>
    Never,

    /// <summary>Where it is there it counts.</summary>
    Perhaps,

    /// <summary>Always: one that is missing was lost.</summary>
    Always,
}
