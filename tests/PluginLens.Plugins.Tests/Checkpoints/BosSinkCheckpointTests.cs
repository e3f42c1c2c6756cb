using PluginLens.Plugins.States;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>bos-sink</c> on every checkpoint: mean and maximum of the softmax of the scores, for every option.</summary>
public sealed class BosSinkCheckpointTests
{
    private static readonly Prompt[] Prompts = CheckpointModels.Prompts;

    private static IEnumerable<BosSinkOptions> Options =>
    [
        new() { IncludeFirst = true },
        new() { Above = 0.1, Layer = Selection.Parse("-1"), Head = Selection.Parse("1") },
    ];

    [Test]
    public void Heads_EqualTheSoftmaxOfTheScores([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name) => AssertHeads(name, new BosSinkOptions());

    [TestCaseSource(nameof(Options))]
    public void Heads_EveryOption_EqualTheSoftmaxOfTheScores(BosSinkOptions options) => AssertHeads("gpt2", options);

    private static void AssertHeads(string name, BosSinkOptions options)
    {
        var (model, config) = (CheckpointModels.Get(name), CheckpointModels.Get(name).Config);
        var rows = TestRun.Execute(new BosSink(), model, options, Prompts).Rows<SinkHead>("bos-sink");

        Assert.That(rows.Select(row => (row.Layer, row.Head)), Is.EqualTo(
            from layer in options.Layer.Of(config.NLayers, "layer") from head in options.Head.Of(config.NHeads, "head") select (layer, head)));
        foreach (var row in rows)
        {
            var hook = $"blocks.{row.Layer}.attn.hook_attn_scores";
            double[] weights =
            [
                .. from prompt in Prompts
                   let scores = model.Run(new ModelInput(prompt.Tokens), [hook])[hook][0][row.Head].AsMatrix()
                   from query in Enumerable.Range(0, prompt.Tokens.Length).Skip(options.IncludeFirst ? 0 : 1)
                   let exponentials = scores.Row(query).ToArray().Select(score => Math.Exp(score - scores.Row(query).ToArray().Max())).ToArray()
                   select exponentials[0] / exponentials.Sum(),
            ];
            Assert.That(row.Mean, Is.EqualTo(weights.Average()).Within(1e-5), $"{row}");
            Assert.That(row.Max, Is.EqualTo(weights.Max()).Within(1e-5), $"{row}");
            Assert.That((row.Queries, row.Sink), Is.EqualTo((weights.Length, weights.Average() > options.Above)), $"{row}");
        }
    }
}
