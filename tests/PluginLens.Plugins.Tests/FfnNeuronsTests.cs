using PluginLens.Plugins.Ffn;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What <c>ffn-neurons</c> says of neurons that were planted.</summary>
public sealed class FfnNeuronsTests : AnalysisTests<FfnNeurons>
{
    private static readonly Prompt[] Text = [new Prompt(null, [3, 1, 4])];

    /// <summary>Neuron 4 of layer 1 is active at position 1, neuron 2 of layer 0 with the other sign and less.</summary>
    private static readonly FakeModel Planted = PlantedNeurons.Active((1, 4, _ => [0.02f, 3, 0]), (0, 2, _ => [0, 0, -2]));

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new FfnNeuronsOptions { MostActive = 1, Layer = Selection.Parse("0"), K = 2 }, CheckpointModels.Prompts),
        new(Gpt2, new FfnNeuronsOptions(), CheckpointModels.Prompts),
        new(Gpt2, new FfnNeuronsOptions { MostActive = 40, Lowered = true }, CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => ["bert", "encoder", "gemma2", "openai-gpt", "olmo2"];

    protected override string[] Undefined => ["attn-only", "mixtral"];

    protected override IEnumerable<string> UndefinedCheckpoints => CheckpointModels.All.Except(CheckpointModels.WithMlps);

    [Test]
    public void MostActiveNeuron_ShowsItsWordsAndItsToken()
    {
        var row = Run(new() { MostActive = 1, K = 1, Lowered = true }).Rows<ActiveNeuron>("ffn-neurons").Single();

        Assert.That((row.Layer, row.Neuron, row.Position, row.Input.Text, row.Activation), Is.EqualTo((1, 4, 1, " w1", 3.0)));
        Assert.That((row.InputWords, row.OutputWords), Is.EqualTo(("w30", "w11")));
        Assert.That(row.Mean, Is.EqualTo((0.02f + 3.0) / 3).Within(1e-9));
        Assert.That(row.LoweredWords, Is.Not.EqualTo("w11").And.Not.Empty);
    }

    [Test]
    public void EitherSign_CountsForTheTop_AndEqualOnesGoByNumber() => Assert.That(
        Run(new() { MostActive = 4 }).Rows<ActiveNeuron>("ffn-neurons").Select(row => (row.Layer, row.Neuron, row.Activation)),
        Is.EqualTo(new[] { (1, 4, 3.0), (0, 2, -2.0), (0, 0, (double)0.01f), (0, 1, (double)0.01f) }));

    [Test]
    public void Written_WeighsActivationsByTheLengthOfWhatTheyAdd()
    {
        var model = Planted.WithWeight("blocks.0.mlp.W_out", data => data.AsSpan(2 * VectorModels.D, VectorModels.D).Fill(100));

        Assert.That(Run(new() { MostActive = 1, By = NeuronMeasure.Written }, model).Rows<ActiveNeuron>("ffn-neurons").Select(row => (row.Layer, row.Neuron)), Is.EqualTo(new[] { (0, 2) }));
    }

    [Test]
    public void Activations_ThatRoundToZero_AreDashes()
    {
        string[] Shown(int digits) => [.. Run(new() { Neurons = ["L1N4"], Digits = digits }).Rows<NeuronActivation>("activations").Select(row => row.Shown)];

        Assert.That(Shown(1), Is.EqualTo(new[] { "--", "3.0", "--" }));
        Assert.That(Shown(2), Is.EqualTo(new[] { "0.02", "3.00", "--" }));
    }

    [Test]
    public void NamedNeurons_AreShownHoweverActive() => Assert.That(
        Run(new() { Neurons = ["1.9", "L0D7", "1.9"], Layer = Selection.Parse("0") }).Rows<ActiveNeuron>("ffn-neurons").Select(row => (row.Layer, row.Neuron)), Is.EqualTo(new[] { (0, 7), (1, 9) }));

    [Test]
    public void Positions_OutsideTheSelection_DoNotCount() => Assert.That(
        Run(new() { MostActive = 1, Position = Selection.Parse("-1") }).Rows<ActiveNeuron>("ffn-neurons").Select(row => (row.Layer, row.Neuron, row.Position)), Is.EqualTo(new[] { (0, 2, 2) }));

    [Test]
    public void Figures_HaveTheHeatScale_AndTheWholeTable()
    {
        var figures = Run(new() { MostActive = 2 }).Figures;

        var map = (Heatmap)figures["activations"];
        Assert.That(map.YLabels, Is.EqualTo(new[] { "L1N4", "L0N2" }));
        Assert.That(map.Values[0], Is.EqualTo(new double?[] { 0.02f, 3, 0 }));
        Assert.That(map.Scale, Is.EqualTo(new[] { new ColorStop(0, "white"), new ColorStop(0.5, "green"), new ColorStop(1, "red") }));
        Assert.That(((TokenGrid)figures["neurons"]).Cells[0][^2], Is.EqualTo(new TokenCell("3.0", 3)));
        Assert.That(Run(new() { MostActive = 2, Draw = 2 }).Figures, Is.Empty);
    }

    [TestCase("x", "--neurons 'x': expected layer and neuron")]
    [TestCase("1.2.3", "--neurons '1.2.3': expected layer and neuron")]
    [TestCase("1.-1", "--neurons '1.-1': expected layer and neuron")]
    [TestCase("2.0", "--neurons '2.0': model 'model' has layers 0 to 1 with neurons 0 to 9")]
    [TestCase("0.10", "--neurons '0.10': model 'model' has layers 0 to 1")]
    public void NamesOfNoNeuron_AreRefused(string name, string message) => Assert.That(
        () => Run(new() { Neurons = [name] }), Throws.TypeOf<UsageException>().With.Message.StartsWith(message));

    private static CollectedResults Run(FfnNeuronsOptions options, FakeModel? model = null) => TestRun.Execute(new FfnNeurons(), model ?? Planted, options, Text);
}
