namespace PluginLens.Toolkit;

/// <summary>How a word that an option names becomes a token.</summary>
public enum WordForm
{
    /// <summary>As inside a text: with a leading space, where the vocabulary has such tokens.</summary>
    Spaced,

    /// <summary>As it is.</summary>
    Bare,
}
