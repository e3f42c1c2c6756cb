using PluginLens.Plugins.Circuits;

namespace PluginLens.Plugins.Tests;

/// <summary><c>qk-pairs</c> as every analysis.</summary>
public sealed class QkPairsTests : AnalysisTests<QkPairs>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(() => CheckpointModels.Get("llama"), new QkPairOptions { Tokens = PairedTokens.All, Head = Selection.Parse("0"), K = 2 }),
        new(() => CheckpointModels.Get("llama"), new QkPairOptions { Tokens = PairedTokens.All, K = 2 }),
        new(() => CheckpointModels.Get("llama"), new QkPairOptions { Tokens = PairedTokens.All, K = 2, Curve = 3 }),
    ];

    protected override bool Prunes => true;

    protected override string[] Approximate => ["bert", "encoder", "llama", "gemma2", "openai-gpt", "mixtral", "bloom", "qwen3", "olmo2", "phi3-long"];

    protected override string[] Undefined => [];
}
