using System.Text.Json.Nodes;
using Google.Protobuf;

namespace PluginLens.Import.Gguf.Text;

/// <summary>Kind <c>llama</c>: SentencePiece's merges by score. Written as a SentencePiece model, <c>tokenizer.model</c>, whose kinds of token the file has too.</summary>
internal static class SentencePieceTokenizer
{
    private const int Bpe = 2;

    public static TokenizerOutput Write(Vocabulary vocabulary)
    {
        var scores = vocabulary.Scores ?? throw new ModelException($"'{vocabulary.File}' has no tokenizer.ggml.scores, without which its tokenizer cannot " +
            $"work; it is damaged.");
        var prefixed = vocabulary.Flag("add_space_prefix") ?? true;
        var config = TokenizerOutput.Config(vocabulary, vocabulary.Flag("add_bos_token") ?? true, vocabulary.Flag("add_eos_token") ?? false);
        if (prefixed)
        {
            // A space before the text would come before every such token too, if they were sought after it was put there.
            config["added_tokens_decoder"] = new JsonObject(TokenizerOutput.Added(vocabulary, TokenType.UserDefined).Select(t => KeyValuePair.Create($"{t.Id}", (JsonNode?)t.Token)));
        }

        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream))
        {
            for (var id = 0; id < vocabulary.Tokens.Length; id++)
            {
                Message(output, 1, piece => Piece(piece, vocabulary, id, scores[id], prefixed));
            }

            Message(output, 2, trainer => Trainer(trainer, vocabulary));
            Message(output, 3, normalizer => Normalizer(normalizer, prefixed, vocabulary.Flag("remove_extra_whitespaces") ?? false));
        }

        return new TokenizerOutput(new Dictionary<string, byte[]> { ["tokenizer.model"] = stream.ToArray(), ["tokenizer_config.json"] = TokenizerOutput.Json(config) });
    }

    private static void Piece(CodedOutputStream piece, Vocabulary vocabulary, int id, float score, bool prefixed)
    {
        var (token, type) = (vocabulary.Tokens[id], id == Unknown(vocabulary) ? TokenType.Unknown : vocabulary.Type(id));
        if (type == TokenType.UserDefined)
        {
            (token, type) = prefixed ? (token, TokenType.Normal) : (token.Replace(' ', '▁'), type);
        }

        piece.WriteTag(1, WireFormat.WireType.LengthDelimited);
        piece.WriteString(token);
        piece.WriteTag(2, WireFormat.WireType.Fixed32);
        piece.WriteFloat(score);
        piece.WriteTag(3, WireFormat.WireType.Varint);
        piece.WriteInt32((int)type);
    }

    private static void Trainer(CodedOutputStream trainer, Vocabulary vocabulary)
    {
        foreach (var (field, value) in new[]
        {
            (3, Bpe), (35, vocabulary.Tokens.Contains("<0x00>") ? 1 : 0), (40, Unknown(vocabulary)), (41, vocabulary.Id("bos") ?? -1), (42, vocabulary.Id("eos") ?? -1), (43, vocabulary.Id("padding") ?? -1),
        })
        {
            trainer.WriteTag(field, WireFormat.WireType.Varint);
            trainer.WriteInt32(value);
        }
    }

    private static void Normalizer(CodedOutputStream normalizer, bool prefixed, bool shortened)
    {
        normalizer.WriteTag(1, WireFormat.WireType.LengthDelimited);
        normalizer.WriteString("identity");
        foreach (var (field, value) in new[] { (3, prefixed), (4, shortened), (5, true) })
        {
            normalizer.WriteTag(field, WireFormat.WireType.Varint);
            normalizer.WriteBool(value);
        }
    }

    /// <summary>The id that stands for what cannot be spelled: the one that is named, or the first token, as in SentencePiece.</summary>
    private static int Unknown(Vocabulary vocabulary) => vocabulary.Id("unknown") ?? 0;

    private static void Message(CodedOutputStream output, int field, Action<CodedOutputStream> write)
    {
        using var stream = new MemoryStream();
        using (var message = new CodedOutputStream(stream))
        {
            write(message);
        }

        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(stream.ToArray()));
    }
}
