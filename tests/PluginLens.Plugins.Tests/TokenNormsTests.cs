namespace PluginLens.Plugins.Tests;

/// <summary><c>token-norms</c> as every analysis.</summary>
public sealed class TokenNormsTests : AnalysisTests<TokenNorms>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new TokenNormsOptions { K = 1 }),
        new(Gpt2, new TokenNormsOptions { K = 20 }),
    ];

    protected override string[] Approximate => ["bert", "encoder", "openai-gpt"];

    protected override string[] Undefined => [];
}
