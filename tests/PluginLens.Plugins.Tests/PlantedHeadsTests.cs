using PluginLens.Plugins.Circuits;
using PluginLens.Plugins.Ffn;
using PluginLens.Plugins.FinetuneDiff;
using PluginLens.Plugins.Parameters;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What was put into the heads and neurons of a random model is what the analyses of weights find there.</summary>
public sealed class PlantedHeadsTests
{
    private const int D = VectorModels.D;

    /// <summary>Words with a space in front; without one they are spelt.</summary>
    private static readonly FakeTokenizer Spelling = new([.. Enumerable.Range(0, VectorModels.V - 11).Select(id => $" w{id}"), "w", .. Enumerable.Range(0, 10).Select(digit => $"{digit}")]);

    [Test]
    public void QkPairs_HeadThatSeeksAToken_FindsQueryAndKey()
    {
        // Query head 2 reads token 5 into its dimension 1; its key head, 1, reads token 9 into the same. Head 3 has that key head and another query.
        var model = Cleared(VectorModels.Make(), "blocks.1.attn.W_Q", "blocks.1.attn.W_K");
        model = Row(Row(model, "embed.W_E", 0, 5, Axis(0, 10)), "embed.W_E", 0, 9, Axis(1, 10));
        model = Column(Column(model, "blocks.1.attn.W_Q", 2, 1, Axis(0, 2)), "blocks.1.attn.W_K", 1, 1, Axis(1, 3));

        var rows = TestRun.Execute(new QkPairs(), model, new QkPairOptions { Tokens = PairedTokens.All, K = 1, Layer = Selection.Parse("1") })
            .Rows<QueryKeyPair>("qk-pairs");

        var found = rows.Single(row => row.Head == 2);
        Assert.That((found.Query.Text, found.Key.Text, found.Score), Is.EqualTo((" w5", " w9", 600.0)));
        Assert.That(rows.Where(row => row.Head != 2).Select(row => row.Score), Is.All.Zero);
    }

    [Test]
    public void Subheads_PlantedDimension_ShowsItsFourTokens()
    {
        var model = Row(Row(Row(VectorModels.Make(), "embed.W_E", 0, 30, Axis(0, 10)), "embed.W_E", 0, 12, Axis(1, 10)), "embed.W_E", 0, 7, Axis(2, 10));
        model = Column(model, "unembed.W_U", 0, 40, Axis(3, 10));
        model = Column(Column(model, "blocks.1.attn.W_Q", 2, 1, Axis(0, 1)), "blocks.1.attn.W_K", 1, 1, Axis(1, 1));
        model = Row(Column(model, "blocks.1.attn.W_V", 1, 1, Axis(2, 1)), "blocks.1.attn.W_O", 2, 1, Axis(3, 1));
        var options = new SubheadOptions { K = 1, Layer = Selection.Parse("1"), Head = Selection.Parse("2"), Dimension = Selection.Parse("1") };

        var row = TestRun.Execute(new Subheads(), model, options).Rows<SubheadWords>("subheads").Single();

        Token? key = row.Key, value = row.Value;
        Assert.That((row.Query.Text, key?.Text, value?.Text, row.Output.Text), Is.EqualTo((" w30", " w12", " w7", " w40")));
    }

    [Test]
    public void KnowledgeLookup_Promotes_FindsTheHeadDimensionAndTheNeuron()
    {
        var model = VectorModels.Make().WithTokenizer(Spelling);
        model = Row(model, "blocks.0.attn.W_O", 3, 2, Array.ConvertAll(Output(model, 20), value => 200 * value));
        model = Row(model, "blocks.1.mlp.W_out", 0, 6, Array.ConvertAll(Output(model, 20), value => 100 * value));

        var results = TestRun.Execute(new KnowledgeLookup(), model, new KnowledgeLookupOptions { Promotes = "w20" });

        var neuron = results.Rows<PromotingNeuron>("promoting-neurons")[0];
        var head = results.Rows<PromotingHead>("promoting-heads")[0];
        Assert.That((neuron.Layer, neuron.Neuron), Is.EqualTo((1, 6)));
        Assert.That((head.Layer, head.Head, head.Dimension), Is.EqualTo((0, 3, 2)));
        Assert.That(head.DimensionScore, Is.EqualTo(200 * Square(Output(model, 20))).Within(1e-4));
    }

    [Test]
    public void KnowledgeLookup_FromTo_FindsTheHeadThatMapsOneWordToTheOther()
    {
        // Heads 2 and 3 read token 4 alike; only head 2 writes token 17.
        var model = Cleared(Longer(VectorModels.Make().WithTokenizer(Spelling), 17), "blocks.1.attn.W_V", "blocks.1.attn.W_O");
        model = Row(Column(model, "blocks.1.attn.W_V", 1, 0, Array.ConvertAll(Input(model, 4), value => 100 * value)), "blocks.1.attn.W_O", 2, 0, Output(model, 17));

        var rows = TestRun.Execute(new KnowledgeLookup(), model, new KnowledgeLookupOptions { From = "w4", To = "w17" })
            .Rows<HeadMapping>("mappings");

        Assert.That((rows[0].Layer, rows[0].Head, rows[0].OutputRank), Is.EqualTo((1, 2, 1)));
        Assert.That(rows[0].Score, Is.EqualTo(100 * Square(Input(model, 4)) * Square(Output(model, 17))).Within(1e-4));
        Assert.That(rows.Single(row => (row.Layer, row.Head) == (1, 3)).Score, Is.Zero);
    }

    [Test]
    public void SimK_ValuesThatAreTheirOutputs_HaveIndexOne()
    {
        var model = VectorModels.Make(tied: true);
        for (var head = 0; head < 4; head++)
        {
            for (var j = 0; j < 3; j++)
            {
                model = Row(model, "blocks.0.attn.W_O", head, j, ColumnOf(model, "blocks.0.attn.W_V", head / 2, j));
            }
        }

        AssertOne(model, "W_V-W_O");
    }

    [Test]
    public void SimK_QueriesThatAreTheirKeys_HaveIndexOne()
    {
        var model = VectorModels.Make();
        for (var head = 0; head < 4; head++)
        {
            for (var j = 0; j < 3; j++)
            {
                model = Column(model, "blocks.0.attn.W_Q", head, j, ColumnOf(model, "blocks.0.attn.W_K", head / 2, j));
            }
        }

        AssertOne(model, "W_Q-W_K");
    }

    [Test]
    public void FinetuneDiff_GatedModel_ReadsTheGateAsTheKey()
    {
        var model = Longer(VectorModels.Make(gated: true), 30);
        var tuned = Column(model, "blocks.0.mlp.W_gate", 0, 3, [.. ColumnOf(model, "blocks.0.mlp.W_gate", 0, 3).Zip(Input(model, 30), (old, toward) => old - toward)]);

        var results = TestRun.Execute(new FinetuneDiff.FinetuneDiff(), model, secondModel: tuned);

        Assert.That(results.Rows<ChangedVector>("changed").Select(row => (row.Group, row.Layer, row.Index)), Is.EqualTo(new[] { ("K", 0, 3) }));
        Assert.That(results.Rows<DiffWord>("finetune-diff")[0].Negative.Text, Is.EqualTo(" w30"));
    }

    [Test]
    public void FinetuneDiff_GatedModelWithAnEditOfTheLinearBranch_ReadsItAsAKeyToo()
    {
        var model = Longer(VectorModels.Make(gated: true), 30);
        var tuned = Column(model, "blocks.0.mlp.W_in", 0, 3, [.. ColumnOf(model, "blocks.0.mlp.W_in", 0, 3).Zip(Input(model, 30), (old, toward) => old + toward)]);

        var results = TestRun.Execute(new FinetuneDiff.FinetuneDiff(), model, secondModel: tuned);

        Assert.That(results.Notes, Has.None.Contains("identical"));
        Assert.That(results.Rows<ChangedVector>("changed").Select(row => (row.Group, row.Layer, row.Index)), Is.EqualTo(new[] { ("K_in", 0, 3) }));
        Assert.That(results.Rows<DiffWord>("finetune-diff")[0].Diff.Text, Is.EqualTo(" w30"));
    }

    private static void AssertOne(FakeModel model, string pair)
    {
        var rows = TestRun.Execute(new SimK(), model, new SimKOptions { K = 9 }).Rows<SimKRow>("sim-k");

        var planted = rows.Single(row => (row.Layer, row.Pair) == (0, pair));
        Assert.That(planted.Sim, Is.EqualTo(1));
        Assert.That(planted.Random, Is.LessThan(0.5));
        Assert.That(rows.Where(row => row != planted).Select(row => row.Sim), Is.All.LessThan(0.5));
    }

    private static float[] Input(FakeModel model, int token) => model.WE.Row(token).ToArray();

    private static float[] Output(FakeModel model, int token) => ColumnOf(model, "unembed.W_U", 0, token);

    private static float[] Axis(int at, float length) => [.. Enumerable.Range(0, D).Select(index => index == at ? length : 0)];

    private static double Square(float[] vector) => vector.Sum(value => (double)value * value);

    private static FakeModel Cleared(FakeModel model, params string[] names) => names.Aggregate(model, (made, name) => made.WithWeight(name, Array.Clear));

    /// <summary>Tokens whose rows of W_E and columns of W_U are 20 times as long.</summary>
    private static FakeModel Longer(FakeModel model, params int[] tokens) => tokens.Aggregate(model, (made, token) => Column(
        Row(made, "embed.W_E", 0, token, Array.ConvertAll(Input(made, token), value => 20 * value)), "unembed.W_U", 0, token, Array.ConvertAll(Output(made, token), value => 20 * value)));

    private static float[] ColumnOf(FakeModel model, string name, int head, int column)
    {
        var (data, width) = (model.Weight(name).Data, model.Weight(name).Shape[^1]);
        return [.. Enumerable.Range(0, D).Select(row => data.Span[(((head * D) + row) * width) + column])];
    }

    /// <summary>A column of a head of <c>[h,d,n]</c>, or of <c>[d,n]</c>, replaced.</summary>
    private static FakeModel Column(FakeModel model, string name, int head, int column, float[] values) => model.WithWeight(name, data =>
    {
        var width = model.Weight(name).Shape[^1];
        for (var row = 0; row < D; row++)
        {
            data[(((head * D) + row) * width) + column] = values[row];
        }
    });

    /// <summary>A row of a head of <c>[h,n,d]</c>, or of <c>[n,d]</c>, replaced.</summary>
    private static FakeModel Row(FakeModel model, string name, int head, int row, float[] values) => model.WithWeight(name, data =>
        values.CopyTo(data, ((head * (model.Weight(name).Shape.Count == 3 ? model.Weight(name).Shape[1] : 0)) + row) * D));
}
