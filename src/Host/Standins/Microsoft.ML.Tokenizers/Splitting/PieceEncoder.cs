namespace Microsoft.ML.Tokenizers;

/// <summary>Appends the ids of one pre-tokenized piece and, where asked, the offset and length of each inside the piece.</summary>
internal delegate void PieceEncoder(ReadOnlySpan<char> piece, List<int> ids, List<(int Offset, int Length)>? spans);
