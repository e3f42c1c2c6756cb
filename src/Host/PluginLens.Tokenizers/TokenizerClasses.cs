namespace PluginLens.Tokenizers;

/// <summary>The classes that publish tokenizer files: they say what the files leave open.</summary>
internal static class TokenizerClasses
{
    /// <summary>Classes of <c>vocab.json</c> with <c>merges.txt</c> that put marks around a text as RoBERTa does.</summary>
    public static readonly string[] LikeRoberta = ["RobertaTokenizer", "BartTokenizer", "LongformerTokenizer", "LEDTokenizer"];

    public static readonly string[] LikeGpt2 = ["GPT2Tokenizer", "CodeGenTokenizer"];

    public static readonly string[] LikeBert =
        ["BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer", "ConvBertTokenizer", "SqueezeBertTokenizer", "RetriBertTokenizer", "LayoutLMTokenizer",
         "DPRContextEncoderTokenizer", "DPRQuestionEncoderTokenizer", "DPRReaderTokenizer", "LxmertTokenizer"];

    public static readonly string[] LikeLlama = ["LlamaTokenizer", "CodeLlamaTokenizer"];

    public static readonly string[] LikeT5 = ["T5Tokenizer", "MT5Tokenizer"];

    /// <summary>Classes whose files are <c>tokenizer.json</c> alone, and those that only name what reads it.</summary>
    private static readonly string[] OfJson = ["PreTrainedTokenizer", "TokenizersBackend", "GPTNeoXTokenizer", "BloomTokenizer", "CohereTokenizer"];

    /// <summary>Whether the name is one that this program reads some file of.</summary>
    public static bool IsKnown(string name) =>
        name is "Qwen2Tokenizer" or "OpenAIGPTTokenizer" or "MPNetTokenizer" or "GemmaTokenizer" or "XLMRobertaTokenizer" or "CamembertTokenizer"
        || new[] { LikeRoberta, LikeGpt2, LikeBert, LikeLlama, LikeT5, OfJson }.Any(names => names.Contains(name));

    /// <summary>Throws where the class is not among those that read such a file; no class at all is none of them.</summary>
    /// <param name="config">What the files say.</param>
    /// <param name="path">The file that would be read.</param>
    /// <param name="known">The classes that read it.</param>
    public static void Require(TokenizerConfig config, string path, params IEnumerable<string> known)
    {
        if (config.TokenizerClass.Length > 0 && !known.Contains(config.TokenizerClass))
        {
            throw new ModelException($"Cannot read '{path}': the tokenizer is a '{PieceTable.Shown(config.TokenizerClass)}', and what that class makes of such a file is not known here; add the model's tokenizer.json.");
        }
    }

    /// <summary>The class that a <c>model_type</c> of <c>config.json</c> stands for; the type itself where it stands for none.</summary>
    public static string OfModelType(string type) => type switch
    {
        "gpt2" or "gptj" or "gpt_neo" or "opt" or "granite" or "starcoder2" or "gpt_bigcode" => "GPT2Tokenizer",
        "phi" or "codegen" => "CodeGenTokenizer",
        "gpt_neox" or "stablelm" or "olmo" or "olmo2" => "GPTNeoXTokenizer",
        "falcon" => "PreTrainedTokenizer",
        "bloom" => "BloomTokenizer",
        "cohere" => "CohereTokenizer",
        "llama" or "mistral" or "mixtral" or "phi3" => "LlamaTokenizer",
        "gemma" or "gemma2" or "gemma3" or "gemma3_text" => "GemmaTokenizer",
        "qwen2" or "qwen2_moe" or "qwen3" or "qwen3_moe" => "Qwen2Tokenizer",
        "bert" => "BertTokenizer",
        "distilbert" => "DistilBertTokenizer",
        "electra" => "ElectraTokenizer",
        "mobilebert" => "MobileBertTokenizer",
        "convbert" => "ConvBertTokenizer",
        "squeezebert" => "SqueezeBertTokenizer",
        "layoutlm" => "LayoutLMTokenizer",
        "mpnet" => "MPNetTokenizer",
        "roberta" => "RobertaTokenizer",
        "bart" => "BartTokenizer",
        "longformer" => "LongformerTokenizer",
        "led" => "LEDTokenizer",
        "xlm-roberta" => "XLMRobertaTokenizer",
        "camembert" => "CamembertTokenizer",
        "t5" => "T5Tokenizer",
        "mt5" => "MT5Tokenizer",
        "openai-gpt" => "OpenAIGPTTokenizer",
        _ => type,
    };
}
