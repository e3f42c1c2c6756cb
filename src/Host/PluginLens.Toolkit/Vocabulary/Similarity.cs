namespace PluginLens.Toolkit;

/// <summary>How a vector is compared with the rows of a vocabulary.</summary>
public enum Similarity
{
    /// <summary>Cosine of the angle, -1 to 1; 0 where either vector is zero.</summary>
    Cosine,

    /// <summary>Dot product.</summary>
    Dot,
}
