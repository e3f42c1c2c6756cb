using PluginLens.Plugins.Stitching;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>align-layers</c> equals the dense correlations, and finds a permutation of layers.</summary>
public sealed class AlignLayersTests : AnalysisTests<AlignLayers>
{
    private static readonly ModelConfig Sizes = new() { DModel = 12, NHeads = 4, NKeyValueHeads = 2, NLayers = 4, DHead = 3, DVocab = 53, DMlp = 10, NCtx = 8 };
    private static readonly int[] Order = [2, 0, 3, 1];

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new AlignLayersOptions { Group = [Toolkit.ParameterGroup.WO] }, SecondModel: Gpt2),
        new(Gpt2, new AlignLayersOptions { Group = [Toolkit.ParameterGroup.WO, Toolkit.ParameterGroup.V] }, SecondModel: Gpt2),
        new(Gpt2, new AlignLayersOptions(), SecondModel: Gpt2),
    ];

    protected override string[] Approximate => [];

    protected override string[] Undefined => ["mixtral"];

    [Test]
    public void TwinWithPermutedLayers_IsAlignedToItsPermutation([Values] AlignmentSpace space, [Values] bool tied, [Values] bool gated)
    {
        var model = Gated(FakeModel.Gpt2Like(Sizes with { Tied = tied }, seed: 1), gated);
        var twin = Order.Select((from, layer) => (from, layer)).Aggregate(model, (made, move) => model.WeightNames
            .Where(name => name.StartsWith($"blocks.{move.from}.", StringComparison.Ordinal))
            .Aggregate(made, (next, name) => next.WithWeight(
                name.Replace($"blocks.{move.from}.", $"blocks.{move.layer}.", StringComparison.Ordinal), model.Weight(name).Data.ToArray(), [.. model.Weight(name).Shape])));

        var results = TestRun.Execute(new AlignLayers(), model, new AlignLayersOptions { Space = space }, secondModel: twin);

        var found = results.Rows<AssignedLayer>("assignment");
        Assert.That(found, Has.Count.EqualTo(6 * 4));
        Assert.That(found.Select(row => row.OtherLayer), Is.EqualTo(found.Select(row => (int?)Array.IndexOf(Order, row.Layer))));
        Assert.That(results.Figures.Keys, Has.Member("similarity-w-q").And.Member("assignment-k"));
    }

    [Test]
    public void RotatedTwin_AlignsInEmbeddingSpaceExactly()
    {
        // The same model in another basis: every product with the embeddings is unchanged, so S equals that of the model with itself.
        var model = FakeModel.Gpt2Like(Sizes, seed: 2);
        var rotated = Rotation.Of(model, seed: 5);

        var own = Similarities(model, model, new AlignLayersOptions());
        var across = Similarities(model, rotated, new AlignLayersOptions());

        Assert.That(across, Is.EqualTo(own).Within(1e-6));
    }

    [Test]
    public void Similarity_EqualsTheDensePearsonCorrelation([Values] AlignmentSpace space, [Values] EmbeddingChoice embedding, [Range(0, 5)] int number)
    {
        var group = (ParameterGroup)number; // Every group but K_in, which align-layers reads as K with --key in.
        var model = FakeModel.Gpt2Like(Sizes, seed: 3);
        var other = FakeModel.Gpt2Like(Sizes with { NLayers = 3, DMlp = 7, DModel = space == AlignmentSpace.Raw ? 12 : 9, NHeads = 2, NKeyValueHeads = 1 }, seed: 4);

        var rows = TestRun.Execute(new AlignLayers(), model, new AlignLayersOptions { Space = space, Embedding = embedding, Group = [group] }, secondModel: other).Rows<LayerSimilarity>("align-layers");

        Assert.That(rows, Has.Count.EqualTo(12));
        foreach (var row in rows)
        {
            var x = Projected(model, group, row.Layer, space, embedding);
            var y = Projected(other, group, row.OtherLayer, space, embedding);
            var mean = (from a in x from b in y select Math.Abs(Correlation(a, b))).Average();
            Assert.That(row.Similarity, Is.EqualTo(mean).Within(1e-9));
        }

        Assert.That(rows.Count(row => row.Assigned), Is.EqualTo(3), "the smaller model's layers are used once each");
    }

    [Test]
    public void PaddedTwin_UsesTheCommonIdsOnly()
    {
        var model = FakeModel.Gpt2Like(Sizes, seed: 6);
        var padded = model.WithConfig(config => config with { DVocab = 60 }).WithWeight("embed.W_E", [.. model.WE.Data.ToArray(), .. Enumerable.Repeat(9f, 7 * 12)], 60, 12);

        var results = TestRun.Execute(new AlignLayers(), model, secondModel: padded);

        Assert.That(results.Notes, Has.Some.Contains("53 common ids"));
        Assert.That(results.Rows<LayerSimilarity>("align-layers").Select(row => row.Similarity), Is.EqualTo(Similarities(model, model, new AlignLayersOptions())).Within(1e-12));
    }

    [Test]
    public void DifferentVocabularies_AreRefused()
    {
        var model = FakeModel.Gpt2Like(Sizes);
        var other = model.WithTokenizer(new FakeTokenizer(Enumerable.Range(0, 53).Select(id => id == 7 ? " other" : $" w{id}")));

        Assert.That(
            () => TestRun.Execute(new AlignLayers(), model, secondModel: other),
            Throws.TypeOf<UsageException>().With.Message.Contains("token 7").And.Message.Contains("' other'"));
    }

    [Test]
    public void RawSpaceOfDifferentWidths_IsRefused() => Assert.That(
        () => TestRun.Execute(new AlignLayers(), FakeModel.Gpt2Like(Sizes), new AlignLayersOptions { Space = AlignmentSpace.Raw }, secondModel: FakeModel.Gpt2Like(Sizes with { DModel = 8 })),
        Throws.TypeOf<UsageException>().With.Message.Contains("12 and 8"));

    private static double[] Similarities(FakeModel model, FakeModel other, AlignLayersOptions options) =>
        [.. TestRun.Execute(new AlignLayers(), model, options, secondModel: other).Rows<LayerSimilarity>("align-layers").Select(row => row.Similarity)];

    private static FakeModel Gated(FakeModel model, bool gated) => !gated ? model : Enumerable.Range(0, 4).Aggregate(
        model.WithConfig(config => config with { GatedMlp = true }),
        (made, layer) => made.WithWeight($"blocks.{layer}.mlp.W_gate", [.. FakeModel.Gpt2Like(Sizes, seed: 9).Weight($"blocks.{layer}.mlp.W_in").Data.ToArray()], 12, 10));

    /// <summary>Each vector of a group over all tokens (or as it is), straight from the weights.</summary>
    private static List<double[]> Projected(FakeModel model, ParameterGroup group, int layer, AlignmentSpace space, EmbeddingChoice embedding)
    {
        var tokens = Naive.Dense(embedding == EmbeddingChoice.Output ? model.WU.Transpose() : model.WE);
        var vectors = new List<double[]>();
        string[] names = ["mlp.W_in", "mlp.W_out", "attn.W_Q", "attn.W_K", "attn.W_V", "attn.W_O"];
        var weight = model.Weight($"blocks.{layer}.{names[(int)group]}");
        foreach (var matrix in weight.Shape.Count == 2 ? [weight.AsMatrix()] : Enumerable.Range(0, weight.Shape[0]).Select(head => weight[head].AsMatrix()))
        {
            var rows = Naive.Dense(group is ParameterGroup.V or ParameterGroup.WO ? matrix : matrix.Transpose());
            var shown = space == AlignmentSpace.Raw ? rows : Naive.Multiply(rows, Naive.Transpose(tokens));
            for (var i = 0; i < shown.GetLength(0); i++)
            {
                vectors.Add([.. Enumerable.Range(0, shown.GetLength(1)).Select(j => shown[i, j])]);
            }
        }

        return vectors;
    }

    private static double Correlation(double[] x, double[] y)
    {
        var (mx, my) = (x.Average(), y.Average());
        var (xy, xx, yy) = (0.0, 0.0, 0.0);
        for (var at = 0; at < x.Length; at++)
        {
            xy += (x[at] - mx) * (y[at] - my);
            xx += (x[at] - mx) * (x[at] - mx);
            yy += (y[at] - my) * (y[at] - my);
        }

        return xy / Math.Sqrt(xx * yy);
    }
}
