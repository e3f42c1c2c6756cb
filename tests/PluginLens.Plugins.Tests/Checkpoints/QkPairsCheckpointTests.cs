using PluginLens.Plugins.Circuits;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>qk-pairs</c> on every checkpoint equals the dense <c>(E W_Q + b_Q)(E W_K + b_K)ᵀ</c>.</summary>
public sealed class QkPairsCheckpointTests
{
    private const int K = 30;

    [Test]
    public void Pairs_AnyEmbedding_EqualTheDenseMatrix([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values] EmbeddingChoice embedding) =>
        AssertDense(name, new QkPairOptions { Tokens = PairedTokens.All, Embedding = embedding });

    [Test]
    public void Pairs_Biases_EqualTheDenseMatrix([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name) =>
        AssertDense(name, new QkPairOptions { Tokens = PairedTokens.All, Biases = true });

    [Test]
    public void Pairs_NormGain_EqualTheDenseMatrix([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.PreNorm))] string name, [Values] bool biases) =>
        AssertDense(name, new QkPairOptions { Tokens = PairedTokens.All, Biases = biases, NormGain = true });

    [Test]
    public void Pairs_Offset_EqualTheScoresOfTwoRotatedPositions([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Rotary))] string name, [Values(0, 3)] int offset) =>
        AssertDense(name, new QkPairOptions { Tokens = PairedTokens.All, Biases = true, Offset = offset });

    [Test]
    public void Pairs_PaddingKept_EqualTheDenseMatrix([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Padded))] string name) =>
        AssertDense(name, new QkPairOptions { Tokens = PairedTokens.All, Padding = Padding.Keep });

    private static void AssertDense(string name, QkPairOptions options)
    {
        var model = CheckpointModels.Get(name);
        var (layer, head) = (model.Config.NLayers - 1, model.Config.NHeads - 1);

        var rows = TestRun.Execute(new QkPairs(), model, options with { K = K, Layer = Selection.Parse("-1"), Head = Selection.Parse("-1") }).Rows<QueryKeyPair>("qk-pairs");

        var weights = new NaiveWeights(model);
        var vocabulary = weights.Vocabulary(writes: false, $"{options.Embedding}");
        var queries = NaiveHeads.Read(weights, vocabulary, layer, head, "Q", options.Biases, options.NormGain);
        var keys = NaiveHeads.Read(weights, vocabulary, layer, head, "K", options.Biases, options.NormGain);
        if (options.Offset is { } offset)
        {
            // Any two positions that far apart: a key at 11 and the query that many positions later.
            (queries, keys) = (NaiveHeads.Rotated(queries, model.Config, 11 + offset), NaiveHeads.Rotated(keys, model.Config, 11));
        }

        NaiveLists.AssertTopPairs(
            rows.Select(row => (row.Query.Id, row.Key.Id, row.Score)), NaiveWeights.Products(queries, keys), K,
            id => options.Padding == Padding.Keep || CheckpointModels.HasText(name, id));
    }
}
