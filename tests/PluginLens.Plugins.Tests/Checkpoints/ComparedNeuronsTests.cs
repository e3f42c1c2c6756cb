using PluginLens.Plugins.Ffn;
using PluginLens.Testing;
using static PluginLens.Plugins.Tests.Checkpoints.Compared;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>Keys and values of neurons with tokens centred, divided by lengths, filtered and flagged equal those of a vocabulary made whole; with signs, those of the side that the gate turns on.</summary>
public sealed class ComparedNeuronsTests
{
    [Test]
    public void FfnKeysValues_EqualTheNaiveLists([ValueSource(typeof(Compared), nameof(Names))] string name, [Values] bool center, [Values] CosineOf cosine, [Values] bool normed)
    {
        var model = CheckpointModels.Get(name);
        var options = Asked(new FfnKeysValuesOptions { Layer = Selection.Parse("-1"), Neuron = Selection.Parse("0-7"), K = K, Normed = normed, Negative = true }, center, cosine);
        AssertNeurons(model, name, options, signed: _ => 1);
    }

    [Test]
    public void FfnKeysValues_Signed_ListTheSideThatTheGateTurnsOn([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Gated))] string name, [Values] bool center, [Values] bool normed)
    {
        var (model, weights) = (CheckpointModels.Get(name), new NaiveWeights(CheckpointModels.Get(name)));
        var layer = model.Config.NLayers - 1;
        var options = Asked(new FfnKeysValuesOptions { Layer = Selection.Parse("-1"), Neuron = Selection.Parse("0-15"), K = K, Normed = normed, Negative = true, Signed = true }, center, CosineOf.None);
        var normedTokens = NaiveComparison.Normed(model, $"blocks.{layer}.ln2", weights.Rows("embed.W_E"), biased: true);
        int Sign(int neuron)
        {
            var gate = NaiveComparison.Scores(weights.Vectors("K", layer)[neuron], NaiveComparison.Centred(normed ? normedTokens : weights.Rows("embed.W_E"), center), CosineOf.None);
            return NaiveLists.Top(gate, 10, Keep(name)).Average(id => NaiveWeights.Dot(normedTokens[id], weights.Vectors("K_in", layer)[neuron])) < 0 ? -1 : 1;
        }

        var signs = TestRun.Execute(new FfnKeysValues(), model, options).Rows<NeuronOverlap>("neurons");

        Assert.That(signs.Select(row => row.Sign), Is.EqualTo(signs.Select(row => (int?)Sign(row.Neuron))));
        Assert.That(signs.Select(row => row.Sign), Has.Some.EqualTo(1).And.Some.EqualTo(-1));
        AssertNeurons(model, name, options, Sign);
    }

    /// <summary>The gate opens at tokens where w_in is negative: what the neuron promotes is the other side of its value.</summary>
    [Test]
    public void FfnKeysValues_Signed_PlantedNeuron()
    {
        var model = VectorModels.Make(gated: true);
        float[] word = model.WE.Row(5).ToArray(), written = Column(model.WU, 9);
        model = Planted(model, "W_gate", word, 1);
        model = Planted(model, "W_in", word, -1);
        model = model.WithWeight("blocks.0.mlp.W_out", data => written.CopyTo(data, 4 * VectorModels.D));
        var options = new FfnKeysValuesOptions { Layer = Selection.Parse("0"), Neuron = Selection.Parse("4"), K = VectorModels.V };
        (int? Sign, KeyValueWords[] Words) Run(bool signed)
        {
            var results = TestRun.Execute(new FfnKeysValues(), model, options with { Signed = signed });
            return (results.Rows<NeuronOverlap>("neurons")[0].Sign, [.. results.Rows<KeyValueWords>("ffn-keys-values")]);
        }

        var (plain, signed) = (Run(signed: false), Run(signed: true));

        Assert.That((plain.Sign, signed.Sign), Is.EqualTo(((int?)null, (int?)-1)));
        Assert.That(signed.Words.Select(row => (row.Value.Id, -row.ValueScore)), Is.EqualTo(plain.Words.Reverse().Select(row => (row.Value.Id, row.ValueScore))));
        Assert.That(signed.Words.Select(row => row.Key), Is.EqualTo(plain.Words.Select(row => row.Key)));

        static FakeModel Planted(FakeModel model, string name, float[] column, float sign) => model.WithWeight($"blocks.0.mlp.{name}", data =>
        {
            for (var row = 0; row < VectorModels.D; row++)
            {
                data[(row * 10) + 4] = sign * column[row];
            }
        });
    }

    [Test]
    public void Signed_WithoutAGate_IsRefused()
    {
        static void Refused(IAnalysis analysis, Model model, object options, string what)
        {
            Assert.That(() => TestRun.Execute(analysis, model, options), Throws.TypeOf<UsageException>().With.Message.StartsWith(what));
            Assert.That(() => TestRun.Plan(analysis, model, options), Throws.TypeOf<UsageException>().With.Message.StartsWith(what));
        }

        Refused(new FfnKeysValues(), VectorModels.Make(), new FfnKeysValuesOptions { Signed = true }, "--signed: the MLPs of model 'model' have no gate");
        Refused(new KnowledgeLookup(), VectorModels.Make(), new KnowledgeLookupOptions { Words = ["w3"], Signed = true }, "--signed: the MLPs of model 'model' have no gate");
        Refused(new KnowledgeLookup(), VectorModels.Make(gated: true), new KnowledgeLookupOptions { Words = ["w3"], Signed = true, Over = LookupOver.Keys }, "--signed: keys have no sign");
    }

    private static void AssertNeurons(Model model, string name, FfnKeysValuesOptions options, Func<int, int> signed)
    {
        var (layer, weights) = (model.Config.NLayers - 1, new NaiveWeights(model));
        var (read, written) = (weights.Rows("embed.W_E"), NaiveStates.IsPostNorm(model) && !model.HasWeight("unembed.W_U") ? weights.Rows("embed.W_E") : weights.Columns("unembed.W_U"));
        if (options.Normed)
        {
            read = NaiveComparison.Normed(model, NaiveStates.IsPostNorm(model) ? $"blocks.{layer}.ln1" : $"blocks.{layer}.ln2", read, biased: true);
            written = Array.ConvertAll(written, row => NaivePatterns.Written(model, row));
        }

        var (keys, values) = (NaiveComparison.Centred(read, options.Center), NaiveComparison.Centred(written, options.Center));
        var results = TestRun.Execute(new FfnKeysValues(), model, options);
        foreach (var (table, side) in new[] { ("ffn-keys-values", 1), ("ffn-keys-values-negative", -1) })
        {
            foreach (var list in results.Rows<KeyValueWords>(table).GroupBy(row => row.Neuron))
            {
                double[] Times(string group, int sign) => Array.ConvertAll(weights.Vectors(group, layer)[list.Key], value => sign * value);
                AssertList(model, list.Select(row => row.Key.Id), Times("K", side), keys, options.Cosine, Keep(name), list.Select(row => row.KeyScore));
                AssertList(model, list.Select(row => row.Value.Id), Times("V", side * signed(list.Key)), values, options.Cosine, Keep(name), list.Select(row => row.ValueScore));
                Assert.That(list.Select(row => row.ValueHighBias), Is.All.EqualTo(HighBias(model, list.Select(row => row.Value.Id))));
            }
        }
    }

    private static float[] Column(Matrix matrix, int column)
    {
        var values = new float[matrix.Rows];
        matrix.Transpose().CopyRow(column, values);
        return values;
    }
}
