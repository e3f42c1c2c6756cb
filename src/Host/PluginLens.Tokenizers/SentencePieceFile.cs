using PluginLens.Tokenizers.Decoding;
using PluginLens.Tokenizers.Normalizing;
using PluginLens.Tokenizers.Splitting;

namespace PluginLens.Tokenizers;

/// <summary>A SentencePiece model without a <c>tokenizer.json</c>: the file says how text is normalized, the config what is put around it.</summary>
internal static class SentencePieceFile
{
    public static TokenizerParts Read(string path, TokenizerConfig config)
    {
        var file = System.IO.Path.GetFileName(path);
        TokenizerClasses.Require(config, path, [.. TokenizerClasses.LikeLlama, .. TokenizerClasses.LikeT5, "GemmaTokenizer", "XLMRobertaTokenizer", "CamembertTokenizer"]);
        if (config.TokenizerClass.Length == 0 && file == "sentencepiece.bpe.model")
        {
            throw new InvalidDataException("Expected the class whose ids it has (tokenizer_class in tokenizer_config.json, or model_type in config.json), found none.");
        }

        var model = SentencePieceModel.Read(TokenizerFiles.Bytes(path));
        FairseqNumbering.Apply(model, config.TokenizerClass);
        var table = new PieceTable();
        for (var id = 0; id < model.Pieces.Count; id++)
        {
            table.Add(model.Pieces[id].Text, id);
        }

        var controls = Controls(model).ToList();
        AddSentinels(config, table, controls);
        var added = SpecialTokens.Find(config, table).Concat(controls).DistinctBy(token => token.Id)
            .Where(token => token.Id >= model.Pieces.Count || model.Pieces[token.Id].Type != SentencePieceType.UserDefined || token.Special)
            .Concat(UserDefined(model)).DistinctBy(token => token.Id).ToArray();
        int? Known(int id) => id >= 0 && id < table.Count ? id : null;
        var (addBeginning, addEnd) = Marks(config, model);
        var beginning = table.Id(config.Token("bos_token")) ?? Known(model.BosId);
        var end = table.Id(config.Token("eos_token")) ?? Known(model.EosId);
        var dummy = model.AddDummyPrefix && !(Prefixes(config) && config.Flag("add_prefix_space") == false);

        // The newer way of the classes puts the dummy space before the text only, the older one before every stretch between special tokens.
        var first = dummy && Prefixes(config) && config.Flag("legacy") == false;
        return new TokenizerParts
        {
            Path = path,
            Kind = model.IsUnigram ? "unigram" : "sentencepiece-bpe",
            Pieces = table.ToArray(),
            AddedTokens = added,
            Normalizer = Normalizer(model, dummy && !first),
            Splits = first ? [TextSplits.Metaspace("▁", "first", split: false)] : [],
            Model = () => Model(model),
            Decoders = [Spaces, Decoders.ByteFallback, Fused(dummy)],
            Prefix = addBeginning && beginning is { } before ? [before] : [],
            Suffix = addEnd && end is { } after ? [after] : [],
            SpaceMark = "▁",
            BosId = Known(model.BosId),
            EosId = Known(model.EosId),
            PadId = Known(model.PadId),
            UnkId = Known(model.UnkId),
        }.WithNamedIds(config, table.Ids);
    }

    /// <summary>Whether a class heeds add_prefix_space and legacy.</summary>
    private static bool Prefixes(TokenizerConfig config) => TokenizerClasses.LikeLlama.Contains(config.TokenizerClass) || TokenizerClasses.LikeT5.Contains(config.TokenizerClass);

    /// <summary>What is put around a text: the config decides only for the classes that heed it.</summary>
    private static (bool Beginning, bool End) Marks(TokenizerConfig config, SentencePieceModel model)
    {
        var (beginning, end) = (config.Flag("add_bos_token"), config.Flag("add_eos_token"));
        var adds = config.TokenizerClass switch
        {
            "XLMRobertaTokenizer" or "CamembertTokenizer" => (true, true),
            "T5Tokenizer" or "MT5Tokenizer" => (false, true),
            _ => (beginning ?? model.BosId >= 0, end ?? model.BosId < 0),
        };
        if ((beginning ?? adds.Item1) != adds.Item1 || (end ?? adds.Item2) != adds.Item2)
        {
            config.Notes.Add($"{config.TokenizerClass} does not heed the add_bos_token or add_eos_token of tokenizer_config.json; it adds {(adds.Item1 ? "both" : "the end alone")}");
        }

        return adds;
    }

    private static PieceModel Model(SentencePieceModel model)
    {
        var text = new Dictionary<string, int>(StringComparer.Ordinal);
        var all = new Dictionary<string, int>(StringComparer.Ordinal);
        var unused = new HashSet<int>();
        for (var id = 0; id < model.Pieces.Count; id++)
        {
            var (piece, _, type) = model.Pieces[id];
            all[piece] = id;
            if (type == SentencePieceType.Unused)
            {
                unused.Add(id);
            }

            if (piece.Length > 0 && type is SentencePieceType.Normal or SentencePieceType.UserDefined or SentencePieceType.Unused)
            {
                text[piece] = id;
            }
        }

        var pieces = new ScoredPieces(text, [.. model.Pieces.Select(piece => piece.Score)], unused, model.UnkId, model.ByteFallback ? new BytePieces(all) : null);
        return model.IsUnigram ? new UnigramModel(pieces).Encode : new MergingModel(pieces).Encode;
    }

    /// <summary>Symbols that no merge may cut, sought in the normalized text.</summary>
    private static IEnumerable<AddedToken> UserDefined(SentencePieceModel model) => model.Pieces
        .Select((piece, id) => (piece.Text, piece.Type, Id: id))
        .Where(piece => piece.Type == SentencePieceType.UserDefined && piece.Text.Length > 0)
        .Select(piece => new AddedToken(piece.Id, piece.Text, Special: false, Normalized: true));

    private static IEnumerable<AddedToken> Controls(SentencePieceModel model) =>
        model.Pieces.Select((piece, id) => (piece.Text, piece.Type, Id: id))
            .Where(piece => piece.Type is SentencePieceType.Control or SentencePieceType.Unknown && piece.Text.Length > 0)
            .Select(piece => new AddedToken(piece.Id, piece.Text, Special: true));

    /// <summary>T5's sentinels are not in its model: they follow it, the last one first.</summary>
    private static void AddSentinels(TokenizerConfig config, PieceTable table, List<AddedToken> added)
    {
        var count = config.Number("extra_ids") ?? (TokenizerClasses.LikeT5.Contains(config.TokenizerClass) ? 100 : 0);
        if (count is < 0 or > 10_000)
        {
            throw new InvalidDataException($"Expected from 0 to 10000 extra ids, found {count}.");
        }

        for (var sentinel = count - 1; sentinel >= 0; sentinel--)
        {
            var text = $"<extra_id_{sentinel}>";
            if (table.Id(text) is null)
            {
                table.Add(text, table.Count);
            }

            added.Add(new(table.Require(text), text, Special: true));
        }
    }

    private static TextNormalizer Normalizer(SentencePieceModel model, bool dummy)
    {
        var map = model.CharacterMap.Length > 0 ? CharacterMap.Read(model.CharacterMap) : null;
        return new(text =>
        {
            text = map?.Apply(text) ?? text;
            if (model.RemoveExtraWhitespaces)
            {
                text = string.Join(' ', text.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            }

            if (text.Length == 0)
            {
                return text;
            }

            if (dummy)
            {
                text = model.WhitespaceIsSuffix ? text + ' ' : ' ' + text;
            }

            return model.EscapeWhitespaces ? text.Replace(' ', '▁') : text;
        });
    }

    private static List<string> Spaces(List<string> tokens) => [.. tokens.Select(token => token.Replace('▁', ' '))];

    private static PieceDecoder Fused(bool prefixed) => tokens =>
    {
        var text = string.Concat(tokens);
        return [prefixed && text.StartsWith(' ') ? text[1..] : text];
    };
}
