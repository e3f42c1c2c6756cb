namespace PluginLens.Tokenizers;

/// <summary>Ids of the named tokens: what the files say, else what the publishing class defaults to.</summary>
internal static class NamedIds
{
    public static TokenizerParts WithNamedIds(this TokenizerParts parts, TokenizerConfig config, IReadOnlyDictionary<string, int> ids)
    {
        var defaults = Defaults(config.TokenizerClass);
        int? Id(string name, string? fallback) =>
            (config.Token(name) ?? fallback) is { } text && ids.TryGetValue(text, out var id) ? id : null;
        return parts with
        {
            BosId = Id("bos_token", defaults.Bos) ?? parts.BosId,
            EosId = Id("eos_token", defaults.Eos) ?? parts.EosId,
            PadId = Id("pad_token", defaults.Pad) ?? parts.PadId,
            UnkId = Id("unk_token", defaults.Unk) ?? parts.UnkId,
        };
    }

    /// <summary>What a class takes where its config leaves a token out.</summary>
    public static (string? Bos, string? Eos, string? Unk, string? Pad) Defaults(string tokenizerClass) => tokenizerClass switch
    {
        "GPT2Tokenizer" or "CodeGenTokenizer" or "GPTNeoXTokenizer" => ("<|endoftext|>", "<|endoftext|>", "<|endoftext|>", null),
        "RobertaTokenizer" or "CamembertTokenizer" or "XLMRobertaTokenizer" or "BartTokenizer" or "LongformerTokenizer" or "LEDTokenizer" => ("<s>", "</s>", "<unk>", "<pad>"),
        "LlamaTokenizer" or "CodeLlamaTokenizer" => ("<s>", "</s>", "<unk>", null),
        "GemmaTokenizer" => ("<bos>", "<eos>", "<unk>", "<pad>"),
        "MPNetTokenizer" => ("<s>", "</s>", "[UNK]", "<pad>"),
        "T5Tokenizer" or "MT5Tokenizer" => (null, "</s>", "<unk>", "<pad>"),
        _ when TokenizerClasses.LikeBert.Contains(tokenizerClass) => (null, null, "[UNK]", "[PAD]"),
        "OpenAIGPTTokenizer" => (null, null, "<unk>", null),
        "Qwen2Tokenizer" => (null, "<|endoftext|>", null, "<|endoftext|>"),
        _ => (null, null, null, null),
    };
}
