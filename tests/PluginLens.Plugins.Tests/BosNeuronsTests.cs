using PluginLens.Plugins.Ffn;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>bos-neurons</c> finds the neurons that were made active at the beginning, and no others.</summary>
public sealed class BosNeuronsTests : AnalysisTests<BosNeurons>
{
    private static readonly Prompt[] Text = [new Prompt(null, [3, 1, 4])];

    /// <summary>4 of layer 1 and 2 of layer 0 are neurons of the beginning; 5 is active later too, 6 not enough, 7 negative later, 8 negative at the beginning.</summary>
    private static readonly FakeModel Planted = PlantedNeurons.Active(
        (1, 4, _ => [7, 0, 0.5f]), (0, 2, _ => [9, -0.2f, 0.1f]), (1, 5, _ => [8, 0.51f, 0]), (1, 6, _ => [0.99f, 0, 0]), (1, 7, _ => [1, -3, -4]), (0, 8, _ => [-6, 0, 0.2f]));

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new BosNeuronsOptions { Layer = Selection.Parse("0"), K = 2, AtLeast = 0.001 }, CheckpointModels.Prompts),
        new(Gpt2, new BosNeuronsOptions { AtLeast = 0.001 }, CheckpointModels.Prompts),
        new(Gpt2, new BosNeuronsOptions { K = 40, AtLeast = 0.001 }, CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => ["bert", "encoder", "gemma2", "openai-gpt", "olmo2"];

    protected override string[] Undefined => ["attn-only", "mixtral"];

    protected override IEnumerable<string> UndefinedCheckpoints => CheckpointModels.All.Except(CheckpointModels.WithMlps);

    [Test]
    public void NeuronsOfTheBeginning_AreFound_LargestFirst()
    {
        var rows = Run(new() { K = 1 }).Rows<BosNeuron>("bos-neurons");

        Assert.That(rows.Select(row => (row.Layer, row.Neuron, row.Activation, row.Elsewhere, row.Position)), Is.EqualTo(new[] { (0, 2, 9.0, (double)0.1f, 2), (1, 4, 7.0, 0.5, 2), (1, 7, 1.0, -3.0, 1) }));
        Assert.That((rows[1].InputWords, rows[1].OutputWords, rows[1].First.Text, rows[1].Input.Text), Is.EqualTo(("w30", "w11", " w3", " w4")));
    }

    [Test]
    public void Magnitude_CountsEitherSign() => Assert.That(
        Run(new() { Magnitude = true }).Rows<BosNeuron>("bos-neurons").Select(row => (row.Layer, row.Neuron, row.Activation)), Is.EqualTo(new[] { (0, 2, 9.0), (1, 4, 7.0), (0, 8, 6.0) }));

    [Test]
    public void Thresholds_AreThoseGiven()
    {
        int[] Found(double atLeast, double elsewhere) => [.. Run(new() { Layer = Selection.Parse("1"), AtLeast = atLeast, Elsewhere = elsewhere }).Rows<BosNeuron>("bos-neurons").Select(row => row.Neuron)];

        Assert.That(Found(7, 0.5), Is.EqualTo(new[] { 4 }));
        Assert.That(Found(7, 0.6), Is.EqualTo(new[] { 5, 4 }));
        Assert.That(Found(0.9, 0.4), Is.EqualTo(new[] { 7, 6 }));
        Assert.That(Found(10, 1), Is.Empty);
    }

    [Test]
    public void Layers_CountWhatWasFound() => Assert.That(
        Run(new()).Rows<BosLayer>("layers"), Is.EqualTo(new[] { new BosLayer(0, 0, 1, 10, 9), new BosLayer(0, 1, 2, 10, 7) }));

    [Test]
    public void TextOfOneToken_IsRefused() => Assert.That(
        () => TestRun.Execute(new BosNeurons(), Planted, new BosNeuronsOptions(), [.. Text, new Prompt(null, [3])]),
        Throws.TypeOf<UsageException>().With.Message.EqualTo("Prompt 1 has 1 token; expected at least 2: the first is compared with the others."));

    [Test]
    public void BeginningThatIsNotTheModels_IsSaid()
    {
        string[] Notes(int first) => [.. TestRun.Execute(new BosNeurons(), Planted.WithConfig(config => config with { BosId = 5 }), new BosNeuronsOptions(), [new Prompt(null, [first, 1, 4])]).Notes];

        Assert.That(Notes(3), Has.Some.EqualTo("1 of 1 prompt does not begin with ' w5'; --bos puts it there"));
        Assert.That(Notes(5), Has.None.Contains("do not begin"));
    }

    private static CollectedResults Run(BosNeuronsOptions options) => TestRun.Execute(new BosNeurons(), Planted, options, Text);
}
