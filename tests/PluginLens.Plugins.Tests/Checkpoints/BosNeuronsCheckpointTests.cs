using PluginLens.Plugins.Ffn;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>bos-neurons</c> on every checkpoint finds what a loop over all activations finds.</summary>
public sealed class BosNeuronsCheckpointTests
{
    private const int K = 4;
    private static readonly int[] Text = CheckpointModels.Prompts[0].Tokens;

    [Test]
    public void Neurons_OfEveryCheckpoint_AreThoseOfTheLoop([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.WithMlps))] string name, [Values] bool magnitude)
    {
        var model = CheckpointModels.Get(name);
        double[][][] activations = [.. Enumerable.Range(0, model.Config.NLayers).Select(layer => NaiveNeurons.Activations(model, Text, layer).Select(row => magnitude ? Array.ConvertAll(row, Math.Abs) : row).ToArray())];

        // Activations of random weights are small: thresholds between them, so that a part is found.
        double[] first = [.. activations.SelectMany(layer => layer[0]).Order()], later = [.. activations.SelectMany(layer => layer.Skip(1).SelectMany(row => row)).Order()];
        var (atLeast, elsewhere) = (first[first.Length / 2], later[later.Length * 9 / 10]);
        var rows = TestRun.Execute(new BosNeurons(), model, new BosNeuronsOptions { AtLeast = atLeast, Elsewhere = elsewhere, Magnitude = magnitude, K = K }, [new Prompt(null, Text)]).Rows<BosNeuron>("bos-neurons");

        var expected = activations.SelectMany((layer, at) => Enumerable.Range(0, model.Config.DMlp).Select(neuron => (Layer: at, Neuron: neuron, First: layer[0][neuron], Largest: layer.Skip(1).Max(row => row[neuron]))))
            .Where(entry => entry.First >= atLeast && entry.Largest <= elsewhere).OrderByDescending(entry => entry.First).ThenBy(entry => entry.Layer).ThenBy(entry => entry.Neuron).ToList();
        Assert.That(rows.Select(row => (row.Layer, row.Neuron, row.Activation, row.Elsewhere)), Is.Not.Empty.And.EqualTo(expected));
        foreach (var row in rows.Take(3))
        {
            Assert.That(activations[row.Layer][row.Position][row.Neuron], Is.EqualTo(row.Elsewhere));
            string Words(double[] scores) => string.Join(", ", NaiveLists.Top(scores, K, id => CheckpointModels.HasText(name, id)).Select(id => model.Token(id).Text).Select(text => WhiteSpace.Strip(text) is { Length: > 0 } word ? word : text));
            Assert.That(row.InputWords, Is.EqualTo(Words(NaiveNeurons.InputScores(model, row.Layer, row.Neuron, GatedKey.Gate, Similarity.Cosine, raw: false))));
            Assert.That(row.OutputWords, Is.EqualTo(Words(NaiveNeurons.OutputScores(model, row.Layer, row.Neuron, MessageReading.Auto))));
        }
    }
}
