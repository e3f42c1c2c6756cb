namespace Microsoft.ML.Tokenizers;

/// <summary>What a <see cref="WordPieceTokenizer"/> is made from besides its vocabulary.</summary>
public class WordPieceOptions
{
    public PreTokenizer? PreTokenizer { get; set; }

    public Normalizer? Normalizer { get; set; }

    public IReadOnlyDictionary<string, int>? SpecialTokens { get; set; }

    public string UnknownToken { get; set; } = "[UNK]";

    public string ContinuingSubwordPrefix { get; set; } = "##";

    /// <summary>Longer words are unknown as a whole.</summary>
    public int MaxInputCharsPerWord { get; set; } = 100;
}
