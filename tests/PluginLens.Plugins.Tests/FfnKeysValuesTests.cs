using PluginLens.Plugins.Ffn;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>ffn-keys-values</c> equals the naive lists, and picks neurons as it says.</summary>
public sealed class FfnKeysValuesTests : AnalysisTests<FfnKeysValues>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Fake, new FfnKeysValuesOptions { Layer = Selection.Parse("1") }),
        new(Fake, new FfnKeysValuesOptions()),
        new(Fake, new FfnKeysValuesOptions { Select = NeuronSelection.Any, Sample = 0, Negative = true }),
    ];

    protected override string[] Approximate => ["bert", "encoder", "gemma2", "openai-gpt", "olmo2"];

    protected override string[] Undefined => ["attn-only", "mixtral"];

    protected override IEnumerable<string> UndefinedCheckpoints => CheckpointModels.All.Except(CheckpointModels.WithMlps);

    [Test]
    public void Words_EqualTheNaiveLists([Values] bool tied, [Values] bool gated, [Values] bool negative)
    {
        var model = VectorModels.Make(tied, gated);
        var options = new FfnKeysValuesOptions { Select = NeuronSelection.Any, Sample = 0, K = 12, Negative = negative };
        var rows = TestRun.Execute(new FfnKeysValues(), model, options).Rows<KeyValueWords>(negative ? "ffn-keys-values-negative" : "ffn-keys-values");

        Assert.That(rows, Has.Count.EqualTo(2 * 10 * 12));
        foreach (var list in rows.GroupBy(row => (row.Layer, row.Neuron)))
        {
            var sign = negative ? -1 : 1;
            var keys = VectorModels.Scores(model, VectorModels.Vectors(model, "K", list.Key.Layer)[list.Key.Neuron], "K").Select(score => sign * score).ToArray();
            var values = VectorModels.Scores(model, VectorModels.Vectors(model, "V", list.Key.Layer)[list.Key.Neuron], "V").Select(score => sign * score).ToArray();
            Assert.That(list.Select(row => row.Key.Id), Is.EqualTo(VectorModels.Top(keys, 12)));
            Assert.That(list.Select(row => row.Value.Id), Is.EqualTo(VectorModels.Top(values, 12)));
            Assert.That(list.Select(row => row.KeyScore), Is.EqualTo(VectorModels.Top(keys, 12).Select(token => keys[token])).Within(1e-6));
        }
    }

    [Test]
    public void Overlap_CountsSharedTokensOfUnfilteredSets()
    {
        var model = VectorModels.Make();
        var options = new FfnKeysValuesOptions { Select = NeuronSelection.Any, Sample = 0, Pool = 20, OnlyAscii = true };
        foreach (var row in TestRun.Execute(new FfnKeysValues(), model, options).Rows<NeuronOverlap>("neurons"))
        {
            var shared = VectorModels.Top(VectorModels.Scores(model, VectorModels.Vectors(model, "K", row.Layer)[row.Neuron], "K"), 20)
                .Intersect(VectorModels.Top(VectorModels.Scores(model, VectorModels.Vectors(model, "V", row.Layer)[row.Neuron], "V"), 20)).Count();
            Assert.That(row.Overlap, Is.EqualTo(shared));
            Assert.That(row.Jaccard, Is.EqualTo(shared / (40.0 - shared)).Within(1e-12));
        }
    }

    [Test]
    public void Selections_KeepWhatPassesTheirThreshold()
    {
        var model = VectorModels.Make();
        IReadOnlyList<NeuronOverlap> Chosen(FfnKeysValuesOptions options) => TestRun.Execute(new FfnKeysValues(), model, options).Rows<NeuronOverlap>("neurons");
        var all = Chosen(new() { Select = NeuronSelection.Any, Sample = 0, Pool = 20 });

        Assert.That(Chosen(new() { Sample = 0, Pool = 20, MinOverlap = 9 }), Is.EqualTo(all.Where(row => row.Overlap >= 9)));
        Assert.That(Chosen(new() { Select = NeuronSelection.Jaccard, Sample = 0, Pool = 20, MinJaccard = 0.25 }), Is.EqualTo(all.Where(row => row.Jaccard > 0.25)));
        Assert.That(Chosen(new() { Neuron = Selection.Parse("3"), Pool = 20 }), Is.EqualTo(all.Where(row => row.Neuron == 3)));
        Assert.That(Chosen(new() { Select = NeuronSelection.Any, Sample = 2 }), Has.Count.EqualTo(4));
    }

    [Test]
    public void PlantedNeuron_ShowsItsTwoTokens()
    {
        // Neuron 4 of layer 1 reads token 30 and writes token 11: its vectors are those rows themselves, made long.
        var model = VectorModels.Make().WithWeight("embed.W_E", data => Scale(data, 30 * VectorModels.D, VectorModels.D, 1, 20));
        model = model.WithWeight("unembed.W_U", data => Scale(data, 11, VectorModels.D, VectorModels.V, 20));
        model = model.WithWeight("blocks.1.mlp.W_in", data =>
        {
            for (var at = 0; at < VectorModels.D; at++)
            {
                data[(at * 10) + 4] = model.WE.Row(30)[at];
            }
        });
        model = model.WithWeight("blocks.1.mlp.W_out", data =>
        {
            for (var at = 0; at < VectorModels.D; at++)
            {
                data[(4 * VectorModels.D) + at] = model.WU.Row(at)[11];
            }
        });

        var first = TestRun.Execute(new FfnKeysValues(), model, new FfnKeysValuesOptions { Layer = Selection.Parse("1"), Neuron = Selection.Parse("4") }).Rows<KeyValueWords>("ffn-keys-values")[0];

        Assert.That((first.Key.Text, first.Value.Text), Is.EqualTo((" w30", " w11")));
    }

    private static void Scale(float[] data, int start, int count, int stride, float by)
    {
        for (var at = 0; at < count; at++)
        {
            data[start + (at * stride)] *= by;
        }
    }
}
