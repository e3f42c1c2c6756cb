using PluginLens.Plugins.Parameters;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>sim-k</c> equals Jaccard indices of naive sets, baseline over all pairs included.</summary>
public sealed class SimKTests : AnalysisTests<SimK>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Fake, new SimKOptions { Layer = Selection.Parse("0"), K = 2 }),
        new(Fake, new SimKOptions { K = 2 }),
        new(Fake, new SimKOptions { K = 20 }),
    ];

    protected override string[] Approximate => ["bert", "encoder", "llama", "gemma2", "openai-gpt", "qwen3", "olmo2", "phi3-long"];

    protected override string[] Undefined => ["mixtral"];

    [Test]
    public void CorrespondingAndAllPairs_EqualTheNaiveMeans([Values] bool tied, [Values] bool gated, [Values] bool abs)
    {
        var model = VectorModels.Make(tied, gated);
        var rows = TestRun.Execute(new SimK(), model, new SimKOptions { K = 9, Abs = abs }).Rows<SimKRow>("sim-k");

        Assert.That(rows.Select(row => (row.Layer, row.Pair)), Is.EqualTo(from layer in new[] { 0, 1 } from pair in new[] { "K-V", "W_V-W_O", "W_Q-W_K" } select (layer, pair)));
        foreach (var row in rows)
        {
            var names = row.Pair.Split('-');
            List<int[]> Sets(string group) => VectorModels.Vectors(model, group, row.Layer).ConvertAll(vector => VectorModels.Top(VectorModels.Scores(model, vector, group), 9, abs ? Math.Abs : null));
            var (left, right) = (Sets(names[0]), Sets(names[1]));
            Assert.That(row.Sim, Is.EqualTo(left.Zip(right, Jaccard).Average()).Within(1e-12));
            Assert.That(row.Random, Is.EqualTo((from a in left from b in right select Jaccard(a, b)).Average()).Within(1e-12));
        }
    }

    [Test]
    public void KeysThatAreTheirValues_HaveIndexOne()
    {
        var model = VectorModels.Make(tied: true);
        model = model.WithWeight("blocks.0.mlp.W_in", data =>
        {
            for (var neuron = 0; neuron < 10; neuron++)
            {
                for (var at = 0; at < VectorModels.D; at++)
                {
                    data[(at * 10) + neuron] = model.Weight("blocks.0.mlp.W_out").AsMatrix().Row(neuron)[at];
                }
            }
        });

        var row = TestRun.Execute(new SimK(), model, new SimKOptions { K = 9 }).Rows<SimKRow>("sim-k")[0];

        Assert.That(row.Sim, Is.EqualTo(1));
        Assert.That(row.Random, Is.LessThan(0.5));
    }

    [Test]
    public void Shuffle_IsOnePermutation_AndDependsOnItsSeed()
    {
        double Random(int seed) => TestRun.Execute(new SimK(), VectorModels.Make(), new SimKOptions { K = 9, Shuffle = seed }).Rows<SimKRow>("sim-k")[0].Random;
        var first = Random(1);

        Assert.That(Random(1), Is.EqualTo(first));
        Assert.That(Enumerable.Range(2, 5).Select(Random), Has.Some.Not.EqualTo(first));
    }

    [Test]
    public void FigureNames_AreKebabCase() =>
        Assert.That(TestRun.Execute(new SimK(), VectorModels.Make(), new SimKOptions { K = 5 }).Figures.Keys, Is.EquivalentTo(new[] { "sim-k-k-v", "sim-k-w-v-w-o", "sim-k-w-q-w-k" }));

    private static double Jaccard(int[] a, int[] b) => a.Intersect(b).Count() / (double)a.Union(b).Count();
}
