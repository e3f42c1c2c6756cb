using PluginLens.Plugins.Ffn;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>ffn-neurons</c> on every checkpoint: the neurons, the words and the activations are the formulas in float64.</summary>
public sealed class FfnNeuronsCheckpointTests
{
    private const int K = 5;
    private static readonly int[] Text = CheckpointModels.Prompts[1].Tokens;

    [Test]
    public void Neurons_OfEveryCheckpoint_EqualTheFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.WithMlps))] string name, [Values] NeuronMeasure by) =>
        AssertNeurons(name, new FfnNeuronsOptions { MostActive = 6, By = by, Lowered = true });

    [Test]
    public void Neurons_OfFoldedWeights_EqualTheFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Folded))] string name) =>
        AssertNeurons(name, new FfnNeuronsOptions { MostActive = 6 });

    [Test]
    public void Words_UnderEveryOption_EqualTheFormula([Values("gpt2", "qwen2", "opt")] string name, [Values] Similarity score, [Values] bool rawVocabulary, [Values] MessageReading read) =>
        AssertNeurons(name, new FfnNeuronsOptions { MostActive = 3, Score = score, RawVocabulary = rawVocabulary, Read = read, Lowered = true });

    [Test]
    public void Words_OfTheLinearBranch_EqualTheFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Gated))] string name) =>
        AssertNeurons(name, new FfnNeuronsOptions { MostActive = 3, Key = GatedKey.In, Position = Selection.Parse("1--1") });

    private static void AssertNeurons(string name, FfnNeuronsOptions options)
    {
        var model = CheckpointModels.Get(name);
        var results = TestRun.Execute(new FfnNeurons(), model, options with { K = K }, [new Prompt(null, Text)]);

        var positions = options.Position.Of(Text.Length, "position");
        double[][][] activations = [.. Enumerable.Range(0, model.Config.NLayers).Select(layer => NaiveNeurons.Activations(model, Text, layer))];
        var measured = activations.SelectMany((layer, at) => Enumerable.Range(0, model.Config.DMlp).Select(neuron => (Layer: at, Neuron: neuron, Value: positions.Max(position => Math.Abs(layer[position][neuron]))
            * (options.By == NeuronMeasure.Written ? Math.Sqrt(NaiveNeurons.Output(model, at, neuron).Sum(value => value * value)) : 1))));
        var expected = measured.OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Layer).ThenBy(entry => entry.Neuron).Take(options.MostActive).ToList();
        var rows = results.Rows<ActiveNeuron>("ffn-neurons");
        Assert.That(rows.Select(row => (row.Layer, row.Neuron)), Is.EqualTo(expected.Select(entry => (entry.Layer, entry.Neuron))));
        foreach (var row in rows)
        {
            double[] own = [.. positions.Select(position => activations[row.Layer][position][row.Neuron])];
            Assert.That(results.Rows<NeuronActivation>("activations").Where(entry => (entry.Layer, entry.Neuron) == (row.Layer, row.Neuron)).Select(entry => entry.Activation), Is.EqualTo(own));
            Assert.That((Math.Abs(row.Activation), row.Mean), Is.EqualTo((own.Max(Math.Abs), own.Average())));
            Assert.That(row.Activation, Is.EqualTo(activations[row.Layer][row.Position][row.Neuron]));
            var output = NaiveNeurons.OutputScores(model, row.Layer, row.Neuron, options.Read);
            AssertList(NeuronSide.Input, NaiveNeurons.InputScores(model, row.Layer, row.Neuron, options.Key, options.Score, options.RawVocabulary), row.InputWords, 1);
            AssertList(NeuronSide.Output, output, row.OutputWords, 1);
            if (options.Lowered)
            {
                AssertList(NeuronSide.Lowered, Array.ConvertAll(output, score => -score), row.LoweredWords!, -1);
            }

            void AssertList(NeuronSide side, double[] scores, string text, int sign)
            {
                var list = results.Rows<NeuronWord>("words").Where(word => (word.Layer, word.Neuron, word.Side) == (row.Layer, row.Neuron, side)).ToList();
                NaiveLists.AssertTop(list.Select(word => word.Token.Id), scores, K, $"{side} {row.Layer}.{row.Neuron}", id => CheckpointModels.HasText(name.Split(' ')[0], id), list.Select(word => sign * word.Score));
                Assert.That(text, Is.EqualTo(string.Join(", ", list.Select(word => WhiteSpace.Strip(word.Token.Text) is { Length: > 0 } stripped ? stripped : word.Token.Text))));
            }
        }
    }
}
