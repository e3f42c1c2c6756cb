using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Tokenizers;

/// <summary>What of a SentencePiece model file the tokenizers here use.</summary>
internal sealed class ModelFile
{
    public List<(string Text, float Score, PieceType Type)> Pieces { get; } = [];

    public int ModelType { get; private set; } = 1;

    public bool ByteFallback { get; private set; }

    public bool TreatWhitespaceAsSuffix { get; set; }

    public int UnknownId { get; private set; }

    public int BeginningId { get; private set; } = 1;

    public int EndId { get; private set; } = 2;

    public bool HasCharacterMap { get; set; }

    public bool AddDummyPrefix { get; set; } = true;

    public bool EscapeWhiteSpaces { get; set; } = true;

    /// <summary>A unigram model that comes as a list.</summary>
    public static ModelFile Unigram(IEnumerable<(string Token, float Score)> vocabulary, int unknownId, bool byteFallback)
    {
        var file = new ModelFile { UnknownId = unknownId, ByteFallback = byteFallback };
        file.Pieces.AddRange(vocabulary.Select(piece => (piece.Token, piece.Score, PieceType.Normal)));
        file.BeginningId = file.Pieces.FindIndex(piece => piece.Text == "<s>");
        file.EndId = file.Pieces.FindIndex(piece => piece.Text == "</s>");
        return file;
    }

    public static ModelFile Read(ReadOnlySpan<byte> bytes)
    {
        var file = new ModelFile();
        for (var reader = new ProtoReader(bytes); reader.Next();)
        {
            switch (reader.Field)
            {
                case 1:
                    file.Pieces.Add(ReadPiece(reader.Bytes));
                    break;
                case 2:
                    file.ReadTrainer(reader.Bytes);
                    break;
                case 3:
                    file.ReadNormalizer(reader.Bytes);
                    break;
            }
        }

        return file;
    }

    private static (string Text, float Score, PieceType Type) ReadPiece(ReadOnlySpan<byte> bytes)
    {
        var piece = (Text: string.Empty, Score: 0f, Type: PieceType.Normal);
        for (var reader = new ProtoReader(bytes); reader.Next();)
        {
            switch (reader.Field)
            {
                case 1:
                    piece.Text = Encoding.UTF8.GetString(reader.Bytes);
                    break;
                case 2 when reader.Bytes.Length == 4:
                    piece.Score = BinaryPrimitives.ReadSingleLittleEndian(reader.Bytes);
                    break;
                case 3:
                    piece.Type = (PieceType)reader.Number;
                    break;
            }
        }

        return piece;
    }

    private void ReadTrainer(ReadOnlySpan<byte> bytes)
    {
        for (var reader = new ProtoReader(bytes); reader.Next();)
        {
            switch (reader.Field)
            {
                case 3:
                    ModelType = (int)reader.Number;
                    break;
                case 24:
                    TreatWhitespaceAsSuffix = reader.Number != 0;
                    break;
                case 35:
                    ByteFallback = reader.Number != 0;
                    break;
                case 40:
                    UnknownId = (int)reader.Number;
                    break;
                case 41:
                    BeginningId = (int)reader.Number;
                    break;
                case 42:
                    EndId = (int)reader.Number;
                    break;
            }
        }
    }

    private void ReadNormalizer(ReadOnlySpan<byte> bytes)
    {
        for (var reader = new ProtoReader(bytes); reader.Next();)
        {
            switch (reader.Field)
            {
                case 2:
                    HasCharacterMap = reader.Bytes.Length > 0;
                    break;
                case 3:
                    AddDummyPrefix = reader.Number != 0;
                    break;
                case 5:
                    EscapeWhiteSpaces = reader.Number != 0;
                    break;
            }
        }
    }
}
