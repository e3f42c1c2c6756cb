using System.Text.Json;
using Microsoft.ML.Tokenizers;
using static PluginLens.Tokenizers.TokenizerJsonReader;

namespace PluginLens.Tokenizers;

/// <summary>Reads the <c>model</c> of a <c>tokenizer.json</c>.</summary>
internal static class ModelJson
{
    /// <param name="model">The stage.</param>
    /// <param name="table">Receives the vocabulary.</param>
    /// <param name="byteLevel">Whether the model gets text whose bytes are the symbols.</param>
    public static TokenizerParts Read(JsonElement model, PieceTable table, bool byteLevel) => Kind(model) switch
    {
        "BPE" => Bpe(model, table, byteLevel),
        "WordPiece" => WordPiece(model, table),
        "Unigram" => Unigram(model, table),
        "WordLevel" => WordLevel(model, table),
        var other => throw Unknown("model", other),
    };

    /// <summary>A flag that may be missing or null.</summary>
    private static bool On(JsonElement model, string name) => Optional(model, name)?.GetBoolean() == true;

    /// <summary>The type; older files leave it out, but each type has a field of its own.</summary>
    private static string Kind(JsonElement model)
    {
        bool Has(string name) => model.TryGetProperty(name, out _);
        return Text(model, "type")
            ?? (Has("merges") ? "BPE" : Has("continuing_subword_prefix") ? "WordPiece" : Has("unk_id") ? "Unigram" : "WordLevel");
    }

    private static TokenizerParts Bpe(JsonElement model, PieceTable table, bool byteLevel)
    {
        table.AddObject(model.GetProperty("vocab"));
        var vocabulary = table.Copy();
        var merges = model.GetProperty("merges");
        if (merges.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidDataException("Expected a list of merges.");
        }

        var unknown = Text(model, "unk_token");
        var byteFallback = On(model, "byte_fallback");
        var settings = new BpeSettings
        {
            Vocabulary = vocabulary,
            Merges = merges.EnumerateArray().Select(ReadMerge),
            UnknownToken = string.IsNullOrEmpty(unknown) ? null : unknown,
            FuseUnknown = On(model, "fuse_unk"),
            ContinuingPrefix = Text(model, "continuing_subword_prefix"),
            EndOfWordSuffix = Text(model, "end_of_word_suffix"),
            ByteLevel = byteLevel,
            ByteFallback = byteFallback,
            IgnoreMerges = On(model, "ignore_merges"),
        };
        return new()
        {
            Path = string.Empty,
            Kind = byteFallback ? "sentencepiece-bpe" : "bpe",
            Pieces = [],
            Model = settings.Build,
            UnkId = table.Id(unknown),
        };
    }

    private static TokenizerParts WordPiece(JsonElement model, PieceTable table)
    {
        table.AddObject(model.GetProperty("vocab"));
        var unknownId = table.Require(RequiredText(model, "unk_token"));
        var vocabulary = table.Copy();
        var prefix = RequiredText(model, "continuing_subword_prefix");
        var most = Required(model, "max_input_chars_per_word").GetInt32();
        return new()
        {
            Path = string.Empty,
            Kind = "wordpiece",
            Pieces = [],
            Model = () => new WordPieceModel(vocabulary, unknownId, prefix, most).Encode,
            ContinuationMark = prefix.Length > 0 ? prefix : null,
            UnkId = unknownId,
            PadId = table.Id("[PAD]"),
        };
    }

    private static TokenizerParts Unigram(JsonElement model, PieceTable table)
    {
        var vocabulary = model.GetProperty("vocab").EnumerateArray().Select(entry => (Token: entry[0].GetString() ?? string.Empty, Score: entry[1].GetSingle())).ToArray();
        for (var id = 0; id < vocabulary.Length; id++)
        {
            table.AddLast(vocabulary[id].Token, id);
        }

        var unknown = Optional(model, "unk_id")?.GetInt32();
        if (unknown < 0 || unknown >= vocabulary.Length)
        {
            throw new InvalidDataException($"Expected the unknown token to be one of {vocabulary.Length}, found id {unknown}.");
        }

        var byteFallback = On(model, "byte_fallback");
        return new()
        {
            Path = string.Empty,
            Kind = "unigram",
            Pieces = [],
            Model = () => new UnigramModel(new ScoredPieces(
                table.Ids.Where(entry => entry.Key.Length > 0 && entry.Value < vocabulary.Length).ToDictionary(StringComparer.Ordinal),
                Array.ConvertAll(vocabulary, entry => entry.Score), new HashSet<int>(), unknown, byteFallback ? new BytePieces(table.Ids) : null)).Encode,
            UnkId = unknown,
        };
    }

    /// <summary>Every piece is a token or unknown.</summary>
    private static TokenizerParts WordLevel(JsonElement model, PieceTable table)
    {
        table.AddObject(model.GetProperty("vocab"));
        var vocabulary = table.Copy();
        var unknown = table.Require(RequiredText(model, "unk_token"));
        return new()
        {
            Path = string.Empty,
            Kind = "wordlevel",
            Pieces = [],
            Model = () => (piece, ids) => ids.Add(vocabulary.GetValueOrDefault(piece, unknown)),
            UnkId = unknown,
        };
    }

    /// <summary>A tokenizer that gets its text normalized and split.</summary>
    internal static PieceModel Whole(Tokenizer tokenizer) => (piece, ids) =>
        ids.AddRange(tokenizer.EncodeToIds(piece, considerPreTokenization: false, considerNormalization: false));

    private static Merge ReadMerge(JsonElement merge, int index) => merge.ValueKind != JsonValueKind.Array
        ? Merge.Parse(merge.GetString() ?? string.Empty, index)
        : merge.GetArrayLength() == 2 && merge[0].GetString() is { } left && merge[1].GetString() is { } right
            ? new(left, right)
            : throw new InvalidDataException($"Merge {index + 1} is not two tokens: {PieceTable.Shown(merge.GetRawText())}.");
}
