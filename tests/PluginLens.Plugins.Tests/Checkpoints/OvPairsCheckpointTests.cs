using PluginLens.Plugins.Circuits;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>ov-pairs</c> on every checkpoint equals the dense <c>(E W_V + b_V) W_O U</c>.</summary>
public sealed class OvPairsCheckpointTests
{
    private const int K = 30;

    [Test]
    public void Pairs_AnyEmbedding_EqualTheDenseMatrix([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values] EmbeddingChoice embedding) =>
        AssertDense(name, new OvPairOptions { Tokens = PairedTokens.All, Embedding = embedding });

    [Test]
    public void Pairs_Biases_EqualTheDenseMatrix([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name) =>
        AssertDense(name, new OvPairOptions { Tokens = PairedTokens.All, Biases = true });

    [Test]
    public void Pairs_BiasesAndNormGain_EqualTheDenseMatrix([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.PreNorm))] string name) =>
        AssertDense(name, new OvPairOptions { Tokens = PairedTokens.All, Biases = true, NormGain = true });

    [Test]
    public void Pairs_BiasesAndNormGain_OfFoldedWeightsChangeNothing([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Folded))] string name)
    {
        Assert.That(CheckpointModels.Get(name).HasWeight("blocks.0.ln1.w"), Is.False, "the gain is in the weights already");
        AssertDense(name, new OvPairOptions { Tokens = PairedTokens.All, Biases = true, NormGain = true });
    }

    [Test]
    public void Pairs_PaddingKept_EqualTheDenseMatrix([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Padded))] string name) =>
        AssertDense(name, new OvPairOptions { Tokens = PairedTokens.All, Padding = Padding.Keep });

    /// <summary>The last head of the last layer: with grouped queries its key-value head has another number.</summary>
    private static void AssertDense(string name, OvPairOptions options)
    {
        var model = CheckpointModels.Get(name);
        var (layer, head) = (model.Config.NLayers - 1, model.Config.NHeads - 1);

        var rows = TestRun.Execute(new OvPairs(), model, options with { K = K, Layer = Selection.Parse("-1"), Head = Selection.Parse("-1") }).Rows<InputOutputPair>("ov-pairs");

        var weights = new NaiveWeights(model);
        var embedding = $"{options.Embedding}";
        var values = NaiveHeads.Read(weights, weights.Vocabulary(writes: false, embedding), layer, head, "V", options.Biases, options.NormGain);
        var outputs = NaiveWeights.Products(weights.Vocabulary(writes: true, embedding), weights.Head($"blocks.{layer}.attn.W_O", head));
        Assert.That(rows.Select(row => (row.Layer, row.Head)), Is.All.EqualTo((layer, head)));
        NaiveLists.AssertTopPairs(
            rows.Select(row => (row.Input.Id, row.Output.Id, row.Score)), NaiveWeights.Products(values, outputs), K,
            id => options.Padding == Padding.Keep || CheckpointModels.HasText(name, id));
    }
}
