namespace Microsoft.ML.Tokenizers;

/// <summary>Splits a text into the ranges that are tokenized on their own.</summary>
public abstract class PreTokenizer
{
    public abstract IEnumerable<(int Offset, int Length)> PreTokenize(string text);

    public abstract IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text);
}
