namespace Microsoft.ML.Tokenizers;

/// <summary>What an encoding yields: the tokens, the text after normalization, and how much of it was read.</summary>
#pragma warning disable CA1815 // the official type defines no equality
public struct EncodeResults<T>
#pragma warning restore CA1815
{
    public IReadOnlyList<T> Tokens { get; set; }

    /// <summary>Null where no normalizer ran.</summary>
    public string? NormalizedText { get; set; }

    public int CharsConsumed { get; set; }
}
