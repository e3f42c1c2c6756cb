using Google.Protobuf;

namespace PluginLens.Tokenizers;

/// <summary>The parts of a SentencePiece model that the pipeline around it needs.</summary>
internal sealed class SentencePieceModel
{
    private const int UnigramType = 1;
    private const int BpeType = 2;

    private int _modelType = UnigramType;

    public List<(string Text, float Score, SentencePieceType Type)> Pieces { get; } = [];

    public bool IsUnigram => _modelType == UnigramType;

    public bool ByteFallback { get; private set; }

    public int UnkId { get; set; }

    public int BosId { get; set; } = 1;

    public int EosId { get; set; } = 2;

    public int PadId { get; set; } = -1;

    public byte[] CharacterMap { get; private set; } = [];

    public bool AddDummyPrefix { get; private set; } = true;

    public bool RemoveExtraWhitespaces { get; private set; } = true;

    public bool EscapeWhitespaces { get; private set; } = true;

    public bool WhitespaceIsSuffix { get; private set; }

    public static SentencePieceModel Read(byte[] bytes)
    {
        var model = new SentencePieceModel();
        Walk(bytes, (field, input) =>
        {
            switch (field)
            {
                case 1:
                    model.AddPiece(input.ReadBytes().ToByteArray());
                    return true;
                case 2:
                    Walk(input.ReadBytes().ToByteArray(), model.Trainer);
                    return true;
                case 3:
                    Walk(input.ReadBytes().ToByteArray(), model.Normalizer);
                    return true;
                default:
                    return false;
            }
        });
        if (model.Pieces.Count == 0)
        {
            throw new InvalidDataException("Expected a SentencePiece model, found no pieces in it.");
        }

        if (model.UnkId < 0 || model.UnkId >= model.Pieces.Count)
        {
            throw new InvalidDataException($"Expected the unknown piece to be one of {model.Pieces.Count}, found id {model.UnkId}.");
        }

        return model._modelType is UnigramType or BpeType
            ? model
            : throw new InvalidDataException($"Expected a unigram (1) or byte-pair (2) model, found type {model._modelType}.");
    }

    private static void Walk(byte[] message, Func<int, CodedInputStream, bool> read)
    {
        using var input = new CodedInputStream(message);
        while (input.ReadTag() is not 0 and var tag)
        {
            if (!read(WireFormat.GetTagFieldNumber(tag), input))
            {
                input.SkipLastField();
            }
        }
    }

    private void AddPiece(byte[] message)
    {
        var text = string.Empty;
        var score = 0f;
        var type = SentencePieceType.Normal;
        Walk(message, (field, input) =>
        {
            if (field == 1)
            {
                text = input.ReadString();
            }
            else if (field == 2)
            {
                score = input.ReadFloat();
            }
            else if (field == 3)
            {
                type = (SentencePieceType)input.ReadInt32();
            }

            return field is 1 or 2 or 3;
        });
        Pieces.Add((text, score, type));
    }

    private bool Trainer(int field, CodedInputStream input)
    {
        switch (field)
        {
            case 3:
                _modelType = input.ReadInt32();
                return true;
            case 24:
                WhitespaceIsSuffix = input.ReadBool();
                return true;
            case 35:
                ByteFallback = input.ReadBool();
                return true;
            case 40:
                UnkId = input.ReadInt32();
                return true;
            case 41:
                BosId = input.ReadInt32();
                return true;
            case 42:
                EosId = input.ReadInt32();
                return true;
            case 43:
                PadId = input.ReadInt32();
                return true;
            default:
                return false;
        }
    }

    private bool Normalizer(int field, CodedInputStream input)
    {
        switch (field)
        {
            case 2:
                CharacterMap = input.ReadBytes().ToByteArray();
                return true;
            case 3:
                AddDummyPrefix = input.ReadBool();
                return true;
            case 4:
                RemoveExtraWhitespaces = input.ReadBool();
                return true;
            case 5:
                EscapeWhitespaces = input.ReadBool();
                return true;
            default:
                return false;
        }
    }
}
