namespace Microsoft.ML.Tokenizers;

/// <summary>What a <see cref="BpeTokenizer"/> is made from.</summary>
public sealed class BpeOptions
{
    public BpeOptions(IEnumerable<KeyValuePair<string, int>> vocabulary)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        Vocabulary = vocabulary;
    }

    /// <summary>Piece to id.</summary>
    public IEnumerable<KeyValuePair<string, int>> Vocabulary { get; }

    /// <summary>Lines <c>left right</c>, first merge first.</summary>
    public IEnumerable<string>? Merges { get; set; }

    public IReadOnlyDictionary<string, int>? SpecialTokens { get; set; }

    public Normalizer? Normalizer { get; set; }

    public PreTokenizer? PreTokenizer { get; set; }

    /// <summary>What a character outside the vocabulary becomes; without one it is dropped.</summary>
    public string? UnknownToken { get; set; }

    /// <summary>Whether neighbouring unknown characters become one unknown token.</summary>
    public bool FuseUnknownTokens { get; set; }

    /// <summary>Put before every character of a word but the first.</summary>
    public string? ContinuingSubwordPrefix { get; set; }

    /// <summary>Put after the last character of a word.</summary>
    public string? EndOfWordSuffix { get; set; }

    /// <summary>Whether symbols are the bytes of the UTF-8 text, written in GPT-2's alphabet.</summary>
    public bool ByteLevel { get; set; }
}
