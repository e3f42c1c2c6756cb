using PluginLens.Plugins.Ffn;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>neuron-texts</c> on every checkpoint: of every neuron the places and sums are those of all activations sorted.</summary>
public sealed class NeuronTextsCheckpointTests
{
    /// <summary>Two of one length, which go through the model together.</summary>
    private static readonly Prompt[] Prompts = [.. CheckpointModels.Prompts, new Prompt(null, [.. CheckpointModels.Prompts[1].Tokens.Reverse()])];

    [Test]
    public void Places_OfEveryNeuron_AreThoseOfAllSorted([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.WithMlps))] string name) => AssertPlaces(name, new NeuronTextsOptions());

    [Test]
    public void Places_UnderEveryOption_AreThoseOfAllSorted([Values("gpt2", "qwen2")] string name, [Values] ActivationEnd end, [Values(0, 1)] int skip) =>
        AssertPlaces(name, new NeuronTextsOptions { End = end, Skip = skip, Active = 0.01 });

    private static void AssertPlaces(string name, NeuronTextsOptions options)
    {
        var model = CheckpointModels.Get(name);
        var results = TestRun.Execute(new NeuronTexts(), model, options with { Texts = 4, K = 2, Layer = Selection.Parse("-1") }, Prompts);

        var (layer, key) = (model.Config.NLayers - 1, options.End switch
        {
            ActivationEnd.Largest => value => value,
            ActivationEnd.Lowest => value => -value,
            ActivationEnd.Auto when !model.Config.GatedMlp => value => value,
            _ => (Func<double, double>)Math.Abs,
        });
        double[][][] all = [.. Prompts.Select(prompt => NaiveNeurons.Activations(model, prompt.Tokens, layer))];
        var summaries = results.Rows<NeuronSummary>("neuron-texts");
        Assert.That(summaries.Select(row => row.Neuron), Is.EqualTo(Enumerable.Range(0, model.Config.DMlp)));
        foreach (var summary in summaries)
        {
            var own = all.SelectMany((prompt, at) => prompt.Skip(options.Skip).Select((row, position) => (Prompt: at, Position: position + options.Skip, Value: row[summary.Neuron]))).ToList();
            var rows = results.Rows<NeuronText>("texts").Where(row => row.Neuron == summary.Neuron).ToList();
            Assert.That(rows.Select(row => row.Activation), Is.EqualTo(own.OrderByDescending(place => key(place.Value)).Take(4).Select(place => place.Value)).Within(1e-5));
            Assert.That(rows.Select(row => all[row.Prompt][row.Position][summary.Neuron]), Is.EqualTo(rows.Select(row => row.Activation)).Within(1e-5));
            Assert.That((summary.Tokens, summary.Density), Is.EqualTo((own.Count, own.Count(place => Math.Abs(place.Value) >= options.Active) / (double)own.Count)));
            Assert.That(new[] { summary.Largest, summary.Smallest, summary.Mean }, Is.EqualTo(new[] { own.Max(place => place.Value), own.Min(place => place.Value), own.Average(place => place.Value) }).Within(1e-5));
        }
    }
}
