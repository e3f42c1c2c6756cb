namespace PluginLens.Plugins.Tests;

/// <summary>Kinds of models that an analysis may hold for or not.</summary>
internal static class Architectures
{
    /// <summary>What the exporter's models of each architecture have.</summary>
    private static readonly Dictionary<string, Trait[]> TraitsOf = new()
    {
        ["gpt2"] = [Trait.Tied],
        ["bert"] = [Trait.Bidirectional, Trait.PostNorm, Trait.MaskedLmHead, Trait.Tied],
        ["encoder"] = [Trait.Bidirectional, Trait.PostNorm, Trait.NoUnembed],
        ["llama"] = [Trait.Rotary, Trait.NoPositionEmbeddings, Trait.GroupedQuery, Trait.RmsNorm, Trait.GatedMlp, Trait.Untied],
        ["gemma2"] = [Trait.Rotary, Trait.NoPositionEmbeddings, Trait.GroupedQuery, Trait.RmsNorm, Trait.GatedMlp, Trait.SublayerNorm, Trait.ScoreSoftCap, Trait.LogitSoftCap, Trait.Windowed, Trait.Tied],
        ["attn-only"] = [Trait.AttentionOnly, Trait.Untied],
        ["openai-gpt"] = [Trait.PostNorm, Trait.Tied],
        ["mixtral"] = [Trait.Rotary, Trait.NoPositionEmbeddings, Trait.GroupedQuery, Trait.RmsNorm, Trait.GatedMlp, Trait.Experts, Trait.Untied],
        ["bloom"] = [Trait.Alibi, Trait.NoPositionEmbeddings, Trait.Tied],
        ["qwen3"] = [Trait.Rotary, Trait.NoPositionEmbeddings, Trait.GroupedQuery, Trait.RmsNorm, Trait.GatedMlp, Trait.QkNorm, Trait.Tied],
        ["olmo2"] = [Trait.Rotary, Trait.NoPositionEmbeddings, Trait.RmsNorm, Trait.GatedMlp, Trait.QkNorm, Trait.SublayerNorm, Trait.Untied],
        ["phi3-long"] = [Trait.Rotary, Trait.RotaryScaled, Trait.NoPositionEmbeddings, Trait.RmsNorm, Trait.GatedMlp, Trait.Untied],
    };

    public static IEnumerable<string> Names => TraitsOf.Keys;

    /// <summary>The configuration of a small one.</summary>
    public static ModelConfig Config(string name) => new() { DModel = 8, NHeads = 2, NLayers = 2, DHead = 4, DVocab = 20, Traits = TraitsOf[name].ToHashSet() };
}
