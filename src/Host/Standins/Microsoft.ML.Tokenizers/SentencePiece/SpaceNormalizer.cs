namespace Microsoft.ML.Tokenizers;

/// <summary>SentencePiece's spaces: one put before the text, all written as a mark.</summary>
internal sealed class SpaceNormalizer(bool addDummyPrefix, bool escape, bool asSuffix) : Normalizer
{
    public override string Normalize(string original)
    {
        if (original.Length == 0)
            return original;
        var text = !addDummyPrefix ? original : asSuffix ? original + ' ' : ' ' + original;
        return escape ? text.Replace(' ', '▁') : text;
    }

    public override string Normalize(ReadOnlySpan<char> original) => Normalize(original.ToString());
}
