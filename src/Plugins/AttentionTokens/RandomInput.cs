namespace PluginLens.Plugins.AttentionTokens;

/// <summary>Prompts without meaning.</summary>
public enum RandomInput
{
    /// <summary>None: the prompts given.</summary>
    None,

    /// <summary>One random token, 31 times.</summary>
    Single,

    /// <summary>31 random tokens.</summary>
    Random,

    /// <summary>Three random tokens, ten times.</summary>
    Pattern,
}
