namespace PluginLens.Toolkit;

/// <summary>Whether token rows are normalised before pairing.</summary>
public enum Normalise
{
    /// <summary>As they are.</summary>
    None,

    /// <summary>By their mean absolute projection on the side's parameter group.</summary>
    Freq,
}
