using PluginLens.Numerics;
using PluginLens.Plugins.Ffn;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>neuron-texts</c> finds the tokens at which a planted neuron is active, counts them, and keeps what it has when it is stopped.</summary>
public sealed class NeuronTextsTests : AnalysisTests<NeuronTexts>
{
    private static readonly Prompt[] Texts = [new Prompt(null, [3, 1, 4]), new Prompt(null, [30, 2, 30, 5]), new Prompt(null, [6, 30, 7])];

    /// <summary>Neuron 4 of layer 1 is active at token 30, the more the later it stands, and slightly at token 2; against token 5 with the other sign.</summary>
    private static readonly FakeModel Planted = PlantedNeurons.Active((1, 4, tokens => [.. tokens.Select((token, at) => token switch { 30 => 2f + at, 2 => 0.25f, 5 => -8f, _ => 0f })]));

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new NeuronTextsOptions { Neurons = ["0.1"], K = 2 }, CheckpointModels.Prompts),
        new(Gpt2, new NeuronTextsOptions { Layer = Selection.Parse("0") }, CheckpointModels.Prompts),
        new(Gpt2, new NeuronTextsOptions(), CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => ["bert", "encoder", "gemma2", "openai-gpt", "olmo2"];

    protected override string[] Undefined => ["attn-only", "mixtral"];

    protected override IEnumerable<string> UndefinedCheckpoints => CheckpointModels.All.Except(CheckpointModels.WithMlps);

    [Test]
    public void ActiveTokens_AreListedWithTheirContext()
    {
        var rows = Run(new() { Neurons = ["1.4"], Texts = 3, Before = 1, After = 1 }).Rows<NeuronText>("texts");

        Assert.That(rows.Select(row => (row.Rank, row.Activation, row.Before, row.Input.Text, row.After, row.Prompt, row.Position)), Is.EqualTo(new[]
        {
            (1, 4.0, " w2", " w30", " w5", 1, 2), (2, 3.0, " w6", " w30", " w7", 2, 1), (3, 2.0, string.Empty, " w30", " w2", 1, 0),
        }));
    }

    [Test]
    public void Summary_CountsAllTokens()
    {
        var row = Run(new() { Neurons = ["1.4"], K = 1 }).Rows<NeuronSummary>("neuron-texts").Single();

        Assert.That((row.Tokens, row.Largest, row.Smallest, row.InputWords, row.OutputWords), Is.EqualTo((10, 4.0, -8.0, "w30", "w11")));
        Assert.That((row.Density, row.Mean), Is.EqualTo((5 / 10.0, (2 + 4 + 3 + 0.25 - 8) / 10)));
        Assert.That(Run(new() { Neurons = ["1.4"], Active = 0.3 }).Rows<NeuronSummary>("neuron-texts").Single().Density, Is.EqualTo(4 / 10.0));
        Assert.That(Run(new() { Neurons = ["1.4"], Skip = 1 }).Rows<NeuronSummary>("neuron-texts").Single().Tokens, Is.EqualTo(7));
    }

    [TestCase(ActivationEnd.Auto, 4)]
    [TestCase(ActivationEnd.Largest, 4)]
    [TestCase(ActivationEnd.Lowest, -8)]
    [TestCase(ActivationEnd.Magnitude, -8)]
    public void End_DecidesWhatIsMostActive(ActivationEnd end, double activation) => Assert.That(
        Run(new() { Neurons = ["1.4"], End = end, Texts = 1 }).Rows<NeuronText>("texts").Single().Activation, Is.EqualTo(activation));

    [Test]
    public void GatedNeurons_AreMostActiveByMagnitude()
    {
        var gated = Planted.WithConfig(config => config with { GatedMlp = true }).WithWeight("blocks.1.mlp.W_gate", new float[80], 8, 10);

        Assert.That(TestRun.Execute(new NeuronTexts(), gated, new NeuronTextsOptions { Neurons = ["1.4"], Texts = 1 }, Texts).Rows<NeuronText>("texts").Single().Activation, Is.EqualTo(-8));
    }

    [Test]
    public void EqualActivations_GoByPlace() => Assert.That(
        Run(new() { Neurons = ["0.3"], Texts = 4 }).Rows<NeuronText>("texts").Select(row => (row.Prompt, row.Position)), Is.EqualTo(new[] { (0, 0), (0, 1), (0, 2), (1, 0) }));

    [Test]
    public void StoppedRun_KeepsWhatItHas()
    {
        using var stop = new CancellationTokenSource();
        var results = new CollectedResults();
        var context = new AnalysisContext
        {
            Models = [Planted], Prompts = Texts, Options = new NeuronTextsOptions { Neurons = ["1.4"] }, Compute = new CpuCompute(threads: 1, cancellation: stop.Token), Results = results,
            Cancellation = stop.Token, Progress = new StopAt(stop, prompts: 1),
        };

        Assert.That(() => ((IAnalysis)new NeuronTexts()).Run(context), Throws.InstanceOf<OperationCanceledException>());
        var row = results.Rows<NeuronSummary>("neuron-texts").Single();
        Assert.That((row.Tokens, row.Largest), Is.EqualTo((7, 4.0)));
        Assert.That(results.Rows<NeuronText>("texts").Select(text => text.Prompt).Distinct(), Is.EquivalentTo(new[] { 0, 1 }));
    }

    [Test]
    public void Figure_ShowsActivationsOnText_WithTheTokenInTheMiddle()
    {
        var figures = Run(new() { Neurons = ["1.4"], Texts = 2, Before = 2, After = 1 }).Figures;

        var page = (TokenGrid)figures["neuron-l1n4"];
        Assert.That(page.XLabels, Is.EqualTo(new[] { "-2", "-1", "0", "+1" }));
        Assert.That(page.Cells[0], Is.EqualTo(new[] { new TokenCell(" w30", 2), new TokenCell(" w2", 0.25), new TokenCell(" w30", 4), new TokenCell(" w5", -8) }));
        Assert.That(page.Cells[1], Is.EqualTo(new[] { new TokenCell(string.Empty, null), new TokenCell(" w6", 0), new TokenCell(" w30", 3), new TokenCell(" w7", 0) }));
        Assert.That(Run(new() { Neurons = ["1.4"], Draw = 0 }).Figures, Is.Empty);
    }

    private static CollectedResults Run(NeuronTextsOptions options) => TestRun.Execute(new NeuronTexts(), Planted, options, Texts);

    /// <summary>Stops the run while a batch is read.</summary>
    private sealed class StopAt(CancellationTokenSource stop, int prompts) : IProgress<Progress>
    {
        public void Report(Progress value)
        {
            if (value.What == "prompts" && value.Done >= prompts)
            {
                stop.Cancel();
            }
        }
    }
}
