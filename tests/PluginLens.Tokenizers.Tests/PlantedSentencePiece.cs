using Google.Protobuf;
using PluginLens.Tokenizers;

namespace PluginLens.Tokenizers.Tests;

/// <summary>Writes a SentencePiece model of a few pieces; <c>&lt;unk&gt;</c> has id 0.</summary>
internal sealed class PlantedSentencePiece
{
    private readonly List<(string Text, float Score, SentencePieceType Type)> _pieces = [("<unk>", 0, SentencePieceType.Unknown)];

    public bool IsUnigram { get; init; }

    public bool ByteFallback { get; init; }

    public int BosId { get; init; } = -1;

    /// <summary>Whether the file has the part that says how text is normalized.</summary>
    public bool HasNormalizer { get; init; } = true;

    public PlantedSentencePiece Add(string text, float score, SentencePieceType type = SentencePieceType.Normal)
    {
        _pieces.Add((text, score, type));
        return this;
    }

    /// <summary>A folder with the model alone, read.</summary>
    public FileTokenizer Load()
    {
        using var folder = new TokenizerCopy("gpt2");
        File.WriteAllBytes(Path.Combine(folder.Folder, "tokenizer.model"), Message(file =>
        {
            foreach (var (text, score, type) in _pieces)
            {
                Field(file, 1, Message(piece =>
                {
                    piece.WriteTag(1, WireFormat.WireType.LengthDelimited);
                    piece.WriteString(text);
                    piece.WriteTag(2, WireFormat.WireType.Fixed32);
                    piece.WriteFloat(score);
                    Number(piece, 3, (int)type);
                }));
            }

            Field(file, 2, Message(trainer =>
            {
                Number(trainer, 3, IsUnigram ? 1 : 2);
                Number(trainer, 35, ByteFallback ? 1 : 0);
                Number(trainer, 40, 0);
                Number(trainer, 41, BosId);
                Number(trainer, 42, -1);
            }));
            if (HasNormalizer)
            {
                // No space in front, no run of spaces made one: what is encoded is what was asked for.
                Field(file, 3, Message(normalizer =>
                {
                    Number(normalizer, 3, 0);
                    Number(normalizer, 4, 0);
                }));
            }
        }));
        return TokenizerFiles.Load(folder.Folder);
    }

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            write(output);
        }

        return bytes.ToArray();
    }

    private static void Field(CodedOutputStream output, int field, byte[] message)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(message));
    }

    private static void Number(CodedOutputStream output, int field, int value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt32(value);
    }
}
