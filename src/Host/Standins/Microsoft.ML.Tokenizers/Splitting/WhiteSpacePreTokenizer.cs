namespace Microsoft.ML.Tokenizers;

/// <summary>Words between white space.</summary>
internal sealed class WhiteSpacePreTokenizer : PreTokenizer
{
    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text) => PreTokenize(text.AsSpan());

    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text)
    {
        var words = new List<(int Offset, int Length)>();
        for (int start = 0, end; start < text.Length; start = end + 1)
        {
            for (end = start; end < text.Length && !char.IsWhiteSpace(text[end]); end++)
            {
            }

            if (start < end)
                words.Add((start, end - start));
        }

        return words;
    }
}
