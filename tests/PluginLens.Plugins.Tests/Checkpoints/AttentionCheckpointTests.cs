using PluginLens.Plugins.States;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>attention</c> on every checkpoint equals the softmax of the scores in float64, for every option.</summary>
public sealed class AttentionCheckpointTests
{
    private static readonly Prompt[] Prompts = CheckpointModels.Prompts;

    [Test]
    public void Weights_EqualTheSoftmaxOfTheScores([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name) => AssertWeights(name, new AttentionOptions { K = 0 });

    private static IEnumerable<AttentionOptions> Options =>
    [
        new() { K = 2 },
        new() { K = 0, Min = 0.1 },
        new() { Layer = Selection.Parse("-1"), Head = Selection.Parse("1"), Position = Selection.Parse("0,-2") },
        new() { Draw = 8 },
    ];

    [TestCaseSource(nameof(Options))]
    public void Weights_EveryOption_EqualTheSoftmaxOfTheScores(AttentionOptions options) => AssertWeights("gpt2", options);

    private static void AssertWeights(string name, AttentionOptions options)
    {
        var (model, config) = (CheckpointModels.Get(name), CheckpointModels.Get(name).Config);
        var results = TestRun.Execute(new Attention(), model, options, Prompts);
        var weights = results.Rows<AttentionWeight>("attention").ToLookup(row => (row.Prompt, row.Layer, row.Head, row.Position));
        var heads = results.Rows<AttentionHead>("heads").ToDictionary(row => (row.Prompt, row.Layer, row.Head));
        var (rows, drawn) = (0, 0);
        foreach (var (prompt, tokens) in Prompts.Select(prompt => prompt.Tokens).Index())
        {
            foreach (var layer in options.Layer.Of(config.NLayers, "layer"))
            {
                var scores = model.Run(new ModelInput(tokens), [$"blocks.{layer}.attn.hook_attn_scores"])[$"blocks.{layer}.attn.hook_attn_scores"][0];
                foreach (var head in options.Head.Of(config.NHeads, "head"))
                {
                    double self = 0, previous = 0, first = 0, entropy = 0;
                    var positions = options.Position.Of(tokens.Length, "position");
                    foreach (var position in positions)
                    {
                        var row = Softmax(scores[head].AsMatrix().Row(position).ToArray());
                        var found = weights[(prompt, layer, head, position)].ToList();
                        var expected = NaiveLists.Top(row, options.K == 0 ? row.Length : options.K, key => row[key] > 0 && row[key] >= options.Min);
                        rows += found.Count;
                        Assert.That(found.Select(weight => weight.Rank), Is.EqualTo(Enumerable.Range(1, expected.Length)));
                        Assert.That(found.Select(weight => weight.Weight), Is.EqualTo(expected.Select(key => row[key])).Within(1e-5));
                        Assert.That(found.Select(weight => row[weight.Source]), Is.EqualTo(expected.Select(key => row[key])).Within(1e-5));
                        Assert.That(found.Select(weight => (weight.Query.Id, weight.Key.Id)), Is.EqualTo(found.Select(weight => (tokens[position], tokens[weight.Source]))));
                        self += row[position];
                        previous += position > 0 ? row[position - 1] : 0;
                        first += position > 0 ? row[0] : 0;
                        entropy -= row.Sum(weight => weight > 0 ? weight * Math.Log(weight) : 0);
                    }

                    var (summary, later) = (heads[(prompt, layer, head)], positions.Count(position => position > 0));
                    Assert.That(
                        new[] { summary.Self, summary.Previous!.Value, summary.First!.Value, summary.Entropy },
                        Is.EqualTo(new[] { self / positions.Count, previous / later, first / later, entropy / positions.Count }).Within(1e-5));
                    if (tokens.Length <= options.Draw)
                    {
                        drawn++;
                        var map = (Heatmap)results.Figures[$"attention-{prompt}-l{layer}h{head}"];
                        Assert.That(map.Values.Select(values => values.Sum()), Is.All.EqualTo(1).Within(1e-5));
                        Assert.That(map.Values[0].Count(value => value is not null), Is.EqualTo(config.AttentionDir == "causal" ? positions[0] + 1 : tokens.Length));
                    }
                }
            }
        }

        Assert.That((rows, drawn), Is.EqualTo((results.Rows<AttentionWeight>("attention").Count, results.Figures.Count)));
    }

    private static double[] Softmax(float[] scores)
    {
        var largest = scores.Max();
        var exponentials = Array.ConvertAll(scores, score => Math.Exp((double)score - largest));
        return Array.ConvertAll(exponentials, value => value / exponentials.Sum());
    }
}
