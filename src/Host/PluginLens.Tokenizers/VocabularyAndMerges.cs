using PluginLens.Tokenizers.Decoding;
using PluginLens.Tokenizers.Normalizing;
using PluginLens.Tokenizers.Splitting;

namespace PluginLens.Tokenizers;

/// <summary>The older layout: <c>vocab.json</c> with <c>merges.txt</c>, special tokens in the config files.</summary>
internal static class VocabularyAndMerges
{
    private const string Suffix = "</w>";

    public static TokenizerParts Read(string path, TokenizerConfig config)
    {
        var mergesPath = config.MergesPath ?? throw new InvalidDataException("Expected merges.txt beside it, found none.");
        TokenizerClasses.Require(config, path, [.. TokenizerClasses.LikeGpt2, .. TokenizerClasses.LikeRoberta, "Qwen2Tokenizer", "OpenAIGPTTokenizer"]);
        var table = PieceTable.OfFile(path);
        var vocabulary = table.Copy();
        var added = SpecialTokens.Find(config, table);
        var words = config.TokenizerClass == "OpenAIGPTTokenizer" || vocabulary.Keys.Count(piece => piece.EndsWith(Suffix, StringComparison.Ordinal)) * 20 > vocabulary.Count;
        var parts = words ? OfWords(path, mergesPath, vocabulary, config) : OfBytes(path, mergesPath, vocabulary, config, table);
        return (parts with { Pieces = table.ToArray(), AddedTokens = added }).WithNamedIds(config, table.Ids);
    }

    /// <summary>Merges, one a line; only a line that begins with <c>#version</c> is a header.</summary>
    internal static IEnumerable<Merge> Merges(string path) =>
        TokenizerFiles.Text(path).Split('\n').Select(line => line.TrimEnd('\r'))
            .Where(line => line.Length > 0 && !line.StartsWith("#version", StringComparison.Ordinal))
            .Select(Merge.Parse);

    private static TokenizerParts OfBytes(
        string path, string mergesPath, Dictionary<string, int> vocabulary, TokenizerConfig config, PieceTable table)
    {
        var qwen = config.TokenizerClass == "Qwen2Tokenizer";
        var roberta = TokenizerClasses.LikeRoberta.Contains(config.TokenizerClass);
        var addBeginning = roberta || (!qwen && config.Flag("add_bos_token") == true);
        if ((config.Flag("add_bos_token") ?? addBeginning) != addBeginning || (config.Flag("add_eos_token") ?? roberta) != roberta)
        {
            config.Notes.Add($"{config.TokenizerClass} does not heed the add_bos_token or add_eos_token of tokenizer_config.json; it {(roberta ? "adds both" : addBeginning ? "adds the beginning alone" : "adds neither")}");
        }

        var (bos, eos, _, _) = NamedIds.Defaults(config.TokenizerClass);
        bos = config.Token("bos_token") ?? bos;
        eos = config.Token("eos_token") ?? eos;
        PieceSplit split = qwen ? new RegexSplit(Patterns.Qwen2).Isolated : Gpt2Split.Split;
        return new()
        {
            Path = path,
            Kind = "byte-level-bpe",
            Pieces = [],
            Normalizer = qwen ? new NfcNormalizer() : null,
            Splits = config.Flag("add_prefix_space") == true ? [TextSplits.PrefixSpace, split] : [split],
            Model = () => TokenizerFiles.Guard(mergesPath, () => new BpeSettings
            {
                Vocabulary = vocabulary,
                Merges = Merges(mergesPath),
                ByteLevel = true,
            }.Build()),
            Decoders = [Decoders.ByteLevel],
            Prefix = bos is not null && addBeginning ? [table.Require(roberta ? config.Token("cls_token") ?? bos : bos)] : [],
            Suffix = eos is not null && roberta ? [table.Require(config.Token("sep_token") ?? eos)] : [],
        };
    }

    /// <summary>Merges of characters inside lower-cased words, whose ends carry <c>&lt;/w&gt;</c>.</summary>
    private static TokenizerParts OfWords(string path, string mergesPath, Dictionary<string, int> vocabulary, TokenizerConfig config)
    {
        var unknown = config.Token("unk_token") ?? "<unk>";
        return new()
        {
            Path = path,
            Kind = "bpe",
            Pieces = [],
            Normalizer = new BertNormalizer(),
            Splits = [TextSplits.Bert],
            Model = () => TokenizerFiles.Guard(mergesPath, () => new BpeSettings
            {
                Vocabulary = vocabulary,
                Merges = Merges(mergesPath),
                UnknownToken = vocabulary.ContainsKey(unknown) ? unknown : null,
                EndOfWordSuffix = Suffix,
            }.Build()),
            Decoders = [tokens => Decoders.WordEnd(tokens, Suffix)],
        };
    }
}
