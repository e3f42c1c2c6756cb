using static PluginLens.Import.Gguf.Mapping.BiasRule;

namespace PluginLens.Import.Gguf.Mapping;

/// <summary>The architectures that are read, one entry each.</summary>
internal static class Architectures
{
    private static readonly Architecture[] Known =
    [
        new("llama", "llama")
        {
            RotatedRows = true, Biases = (Perhaps, Perhaps, Perhaps), WithExperts = "mixtral", WindowPeriod = 1, LosesWindowOf = "Mistral",
        },
        new("granite", "granite")
        {
            RotatedRows = true, Biases = (Perhaps, Perhaps, Perhaps), Scales = ["attention.scale", "embedding_scale", "residual_scale", "logit_scale"], DividedLogits = true,
        },
        new("qwen2", "qwen2") { Biases = (Always, Never, Never) },
        new("qwen3", "qwen3") { QkNormOverHeads = false },
        new("phi3", "phi3") { FusedQkv = true, FusedGate = true, WindowPeriod = 1 },
        new("olmo2", "olmo2") { Norms = BlockNorms.OnOutputs, QkNormOverHeads = true },
        new("gemma", "gemma") { Activation = "gelu_tanh", RootEmbedding = true },
        new("gemma2", "gemma2")
        {
            Activation = "gelu_tanh", RootEmbedding = true, Norms = BlockNorms.Around, WindowPeriod = 2, UsualWindow = 4096, LargeLayers = 46, Scales = ["attn_logit_softcapping", "final_logit_softcapping"],
            Assumed = ["attn_scale is the root of the head size (of d_model / n_heads with 46 layers)"],
        },
        new("gemma3", "gemma3")
        {
            Activation = "gelu_tanh", RootEmbedding = true, Norms = BlockNorms.Around, WindowPeriod = 6, LargeLayers = 62, QkNormOverHeads = false, LocalRotary = true,
            Assumed = ["attn_scale is the root of the head size (of d_model / n_heads with 62 layers)"],
        },
        new("stablelm", "stablelm") { LayerNorm = true, NormBias = true, Biases = (Perhaps, Never, Never), Parallel = null },
        new("command-r", "cohere") { LayerNorm = true, AdjacentPairs = true, Parallel = true, Scales = ["logit_scale"] },
        new("phi2", "phi") { LayerNorm = true, NormBias = true, Biases = (Always, Always, Always), UnembeddingBias = true, GatedMlp = false, Activation = "gelu_new", Parallel = true },
        new("starcoder2", "starcoder2")
        {
            LayerNorm = true, NormBias = true, Biases = (Always, Always, Always), GatedMlp = false, Activation = "gelu_tanh", WindowPeriod = 1,
            LosesWindowOf = "StarCoder 2",
        },
        new("gpt2", "gpt2")
        {
            LayerNorm = true, NormBias = true, Biases = (Always, Always, Always), FusedQkv = true, GatedMlp = false, Activation = "gelu_new", Positions = "learned",
        },
        new("gptneox", "gpt_neox") { LayerNorm = true, NormBias = true, Biases = (Always, Always, Always), FusedQkv = true, GatedMlp = false, Activation = "gelu", Parallel = null },
        new("falcon", "falcon")
        {
            LayerNorm = true, NormBias = true, FusedQkv = true, GatedMlp = false, Activation = "gelu", Parallel = true, TwoNorms = true,
            Assumed = ["n_ctx: files of this kind say 2048 whatever the model's context is"],
        },
        new("bloom", "bloom")
        {
            LayerNorm = true, NormBias = true, Biases = (Always, Always, Always), FusedQkv = true, GatedMlp = false, Activation = "gelu_new", Positions = "alibi", EmbeddingNorm = true,
        },
        new("bert", "bert")
        {
            LayerNorm = true, NormBias = true, Norms = BlockNorms.Behind, Biases = (Always, Always, Always), GatedMlp = false, Activation = "gelu", Positions = "learned",
            EmbeddingNorm = true, Encoder = true,
            Assumed = ["there is no read-out: files of this kind drop the masked-LM head"],
        },
    ];

    /// <summary>The entry of an architecture.</summary>
    /// <param name="source">The file.</param>
    /// <exception cref="ModelException">It is none of those that are read.</exception>
    public static Architecture Of(GgufSource source)
    {
        var key = source.Keys.Text("general.architecture") ?? throw new ModelException($"'{source.FileName}' does not say its architecture " +
            $"(general.architecture); it is not a language model, or damaged.");
        return Known.FirstOrDefault(a => a.Key == key)
            ?? throw new ModelException($"'{source.FileName}' has the architecture {Shown.Name(key)}; these are read: {string.Join(", ", Known.Select(a => a.Key))}.");
    }
}
