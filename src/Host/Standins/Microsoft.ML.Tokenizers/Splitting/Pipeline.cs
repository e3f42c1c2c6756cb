using System.Buffers;

namespace Microsoft.ML.Tokenizers;

/// <summary>The stages that all tokenizers here share: normalize, split, special tokens, then the model on each piece.</summary>
internal sealed class Pipeline(
    Normalizer? normalizer, PreTokenizer? preTokenizer, IReadOnlyDictionary<string, int>? specialTokens, PieceEncoder encode)
{
    public EncodeResults<int> ToIds(string? text, ReadOnlySpan<char> span, EncodeSettings settings)
    {
        var ids = new List<int>();
        var normalized = Run(text, span, settings, ids, null);
        return new() { Tokens = ids, NormalizedText = normalized, CharsConsumed = normalized?.Length ?? span.Length };
    }

    public EncodeResults<EncodedToken> ToTokens(string? text, ReadOnlySpan<char> span, EncodeSettings settings, Func<int, string> value)
    {
        var ids = new List<int>();
        var spans = new List<(int Offset, int Length)>();
        var normalized = Run(text, span, settings, ids, spans);
        var tokens = new EncodedToken[ids.Count];
        for (var i = 0; i < tokens.Length; i++)
            tokens[i] = new(ids[i], value(ids[i]), spans[i].Offset..(spans[i].Offset + spans[i].Length));
        return new() { Tokens = tokens, NormalizedText = normalized, CharsConsumed = normalized?.Length ?? span.Length };
    }

    /// <summary>Copies a decoded text out, whole or not at all.</summary>
    public static OperationStatus Copy(string text, int count, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        var fits = text.Length <= destination.Length;
        idsConsumed = fits ? count : 0;
        charsWritten = fits ? text.Length : 0;
        if (fits)
            text.CopyTo(destination);
        return fits ? OperationStatus.Done : OperationStatus.DestinationTooSmall;
    }

    private string? Run(string? text, ReadOnlySpan<char> span, EncodeSettings settings, List<int> ids, List<(int Offset, int Length)>? spans)
    {
        string? normalized = null;
        if (settings.ConsiderNormalization && normalizer is not null)
        {
            normalized = text is null ? normalizer.Normalize(span) : normalizer.Normalize(text);
            span = text = normalized;
        }

        if (!settings.ConsiderPreTokenization || preTokenizer is null)
        {
            Piece(span, 0, ids, spans);
            return normalized;
        }

        foreach (var (offset, length) in text is null ? preTokenizer.PreTokenize(span) : preTokenizer.PreTokenize(text))
            Piece(span.Slice(offset, length), offset, ids, spans);
        return normalized;
    }

    private void Piece(ReadOnlySpan<char> piece, int offset, List<int> ids, List<(int Offset, int Length)>? spans)
    {
        if (piece.IsEmpty)
            return;
        if (specialTokens is { Count: > 0 } && specialTokens.TryGetValue(piece.ToString(), out var special))
        {
            ids.Add(special);
            spans?.Add((offset, piece.Length));
            return;
        }

        var first = spans?.Count ?? 0;
        encode(piece, ids, spans);
        for (var i = first; spans is not null && i < spans.Count; i++)
            spans[i] = (spans[i].Offset + offset, spans[i].Length);
    }
}
