using PluginLens.Plugins.Circuits;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>ov-pairs</c> as every analysis.</summary>
public sealed class OvPairsTests : AnalysisTests<OvPairs>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Fake, new OvPairOptions { Tokens = PairedTokens.All, Layer = Selection.Parse("0"), Head = Selection.Parse("1"), K = 3 }),
        new(Fake, new OvPairOptions { Tokens = PairedTokens.All, K = 3 }),
        new(Fake, new OvPairOptions { Tokens = PairedTokens.All, K = 40, Normalise = Normalise.Freq }),
    ];

    protected override IEnumerable<Example> OtherRuns => [new(Fake, new OvPairOptions { Tokens = PairedTokens.All, K = 3, PaperOrder = true })];

    protected override bool Prunes => true;

    protected override string[] Approximate => ["bert", "encoder", "gemma2", "openai-gpt", "olmo2"];

    protected override string[] Undefined => [];

    [Test]
    public void Plan_OfAHugeK_IsNoMoreThanThereIs_AndNoTrifle()
    {
        double Bytes(int k) => TestRun.Plan(new OvPairs(), Fake(), new OvPairOptions { Tokens = PairedTokens.All, K = k })!.Bytes;

        Assert.That(Bytes(100_000_000), Is.EqualTo(Bytes(VectorModels.V * VectorModels.V)).And.GreaterThan(8 * VectorModels.V * VectorModels.V * 100.0));
    }
}
