namespace PluginLens.Toolkit;

/// <summary>What is normed before patterns meet the vocabulary.</summary>
public enum NormOn
{
    /// <summary>The vocabulary, under the norm before the layer's heads: as the heads would read it.</summary>
    Vocabulary,

    /// <summary>The pattern, under the final norm, its bias included; the vocabulary is raw.</summary>
    Pattern,

    /// <summary>Nothing.</summary>
    None,
}
