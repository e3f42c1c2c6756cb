using PluginLens.Tokenizers.Decoding;
using PluginLens.Tokenizers.Normalizing;
using PluginLens.Tokenizers.Splitting;

namespace PluginLens.Tokenizers;

/// <summary>BERT's older layout: <c>vocab.txt</c>, one token a line, with its config.</summary>
internal static class VocabularyText
{
    public static TokenizerParts Read(string path, TokenizerConfig config)
    {
        TokenizerClasses.Require(config, path, [.. TokenizerClasses.LikeBert, "MPNetTokenizer"]);
        if (config.Flag("do_basic_tokenize") == false)
        {
            throw new InvalidDataException("Expected do_basic_tokenize true in tokenizer_config.json, found false: how the class then splits text is not known here; add the model's tokenizer.json.");
        }

        var table = new PieceTable();
        var lines = Lines(path);
        for (var id = 0; id < lines.Count; id++)
        {
            if (table.AddLast(lines[id], id))
            {
                config.Notes.Add($"vocab.txt has '{PieceTable.Shown(lines[id])}' twice; text gets the last id, {id}");
            }
        }

        var unknown = config.Token("unk_token") ?? "[UNK]";
        var unknownId = table.Require(unknown);
        var vocabulary = table.Copy();
        var added = SpecialTokens.Find(config, table);
        var pieces = table.ToArray();
        var (cls, sep) = config.TokenizerClass == "MPNetTokenizer" ? ("<s>", "</s>") : ("[CLS]", "[SEP]");
        var first = config.Token("cls_token") ?? cls;
        var last = config.Token("sep_token") ?? sep;
        var parts = new TokenizerParts
        {
            Path = path,
            Kind = "wordpiece",
            Pieces = pieces,
            Model = () => new WordPieceModel(vocabulary, unknownId, "##", 100).Encode,
            AddedTokens = added,
            Normalizer = new BertNormalizer(
                chinese: config.Flag("tokenize_chinese_chars") ?? true, stripAccents: config.Flag("strip_accents"), lower: config.Flag("do_lower_case") ?? true),
            Splits = [TextSplits.Bert],
            Decoders = [tokens => Decoders.WordPiece(tokens, "##", cleanUp: true)],
            Prefix = [table.Require(first)],
            Suffix = [table.Require(last)],
            ContinuationMark = "##",
            UnkId = unknownId,
            PadId = table.Id(config.Token("pad_token") ?? "[PAD]"),
        };
        return parts.WithNamedIds(config, table.Ids);
    }

    /// <summary>The tokens, one a line.</summary>
    internal static List<string> Lines(string path)
    {
        var lines = TokenizerFiles.Text(path).Split('\n').Select(line => line.TrimEnd('\r')).ToList();
        if (lines[^1].Length == 0)
        {
            lines.RemoveAt(lines.Count - 1);
        }

        return lines;
    }

}
