using PluginLens.Plugins.Attribution;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What <c>logit-attribution</c> says of a head and a neuron that were planted.</summary>
public sealed class LogitAttributionTests : AnalysisTests<LogitAttribution>
{
    private const int D = VectorModels.D;

    /// <summary>Head 2 of layer 1 writes token 12, neuron 7 of layer 0 takes it back half; everything else is silent. No norm: parts are products with u.</summary>
    private static readonly FakeModel Planted = Plant();

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new LogitAttributionOptions { By = AttributionUnit.Component }, CheckpointModels.Prompts),
        new(Gpt2, new LogitAttributionOptions(), CheckpointModels.Prompts),
        new(Gpt2, new LogitAttributionOptions { By = AttributionUnit.Neuron, Position = Selection.All }, CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => ["gemma2", "olmo2"];

    protected override string[] Undefined => ["bert", "encoder", "openai-gpt"];

    protected override IEnumerable<string> UndefinedCheckpoints => CheckpointModels.All.Except(CheckpointModels.PreNorm);

    [Test]
    public void HeadAndNeuron_ThatWriteTheToken_AreFound()
    {
        var rows = TestRun.Execute(new LogitAttribution(), Planted, new LogitAttributionOptions { By = AttributionUnit.Neuron, K = 1, Token = "w12" }, [new Prompt(null, [3])]).Rows<Contribution>("logit-attribution");

        var length = Squared(Planted.WU, 12);
        Assert.That(rows.Where(row => Math.Abs(row.Value) > 1e-6 && row.Kind is not (ContributionKind.UnembedBias or ContributionKind.Embedding)).Select(row => (row.Kind, row.Layer, row.Index)), Is.EqualTo(
            new (ContributionKind, int?, int?)[] { (ContributionKind.Neuron, 0, 7), (ContributionKind.Head, 1, 2) }));
        Assert.That(rows.Single(row => row.Kind == ContributionKind.Head && row.Layer == 1 && row.Index == 2).Value, Is.EqualTo(length).Within(1e-5));
        Assert.That(rows.Single(row => row.Kind == ContributionKind.Neuron && row.Layer == 0).Value, Is.EqualTo(-length / 2).Within(1e-5));
    }

    [Test]
    public void Difference_IsThatOfTheTwoLogits()
    {
        double Value(string token, string? against = null) => TestRun.Execute(new LogitAttribution(), Planted, new LogitAttributionOptions { Token = token, Against = against }, [new Prompt(null, [3])])
            .Rows<Contribution>("logit-attribution").Single(row => row.Kind == ContributionKind.Head && row.Layer == 1 && row.Index == 2).Value;

        Assert.That(Value("w12", "w20"), Is.EqualTo(Value("w12") - Value("w20")).Within(1e-6));
    }

    [Test]
    public void Figures_ShowLayersAndHeads()
    {
        var figures = TestRun.Execute(new LogitAttribution(), Planted, new LogitAttributionOptions { Token = "w12" }, [new Prompt(null, [3])]).Figures;

        var map = (Heatmap)figures["heads-0-0"];
        Assert.That(map.Values[1][2], Is.EqualTo(map.Values.SelectMany(row => row).Max()));
        Assert.That(((Chart)figures["layers-0-0"]).Series.Select(series => series.Name), Is.EqualTo(new[] { "attention", "MLP" }));
    }

    [Test]
    public void TwoWords_AreRefused() => Assert.That(
        () => TestRun.Execute(new LogitAttribution(), Planted, new LogitAttributionOptions { Against = " w1 w2" }, [new Prompt(null, [3])]), Throws.TypeOf<UsageException>().With.Message.Contains("--against ' w1 w2': expected one token"));

    private static double Squared(Matrix unembedding, int token) => Enumerable.Range(0, D).Sum(at => Math.Pow(unembedding.Row(at)[token], 2));

    private static FakeModel Plant()
    {
        var model = VectorModels.Make().WithConfig(config => config with { FinalNorm = false });
        float[] wanted = [.. Enumerable.Range(0, D).Select(at => model.WU.Row(at)[12])];
        for (var layer = 0; layer < 2; layer++)
        {
            model = model.WithWeight($"blocks.{layer}.attn.b_O", data => Array.Clear(data)).WithWeight($"blocks.{layer}.mlp.b_out", data => Array.Clear(data));
        }

        model = model
            .WithWeight("blocks.1.attn.W_O", data => wanted.CopyTo(data, ((2 * 3) + 1) * D))
            .WithWeight("blocks.0.mlp.W_out", data => wanted.CopyTo(data, 7 * D));
        float[] silent = new float[12], head = new float[12], neurons = new float[10];
        (head[(2 * 3) + 1], neurons[7]) = (1, -0.5f);
        float[] final = [.. wanted.Select(value => value / 2)];
        var logits = Enumerable.Range(0, VectorModels.V).Select(token => (float)Enumerable.Range(0, D).Sum(at => (double)final[at] * model.WU.Row(at)[token]) + model.Weight("unembed.b_U").Span[token]).ToArray();
        return model
            .WithHook("hook_embed", ["batch", "pos", "8"], _ => new Tensor("embed", new float[D], 1, 1, D))
            .WithHook("hook_pos_embed", ["batch", "pos", "8"], _ => new Tensor("position", new float[D], 1, 1, D))
            .WithHook("blocks.0.attn.hook_z", ["batch", "pos", "4", "3"], _ => new Tensor("z", silent, 1, 1, 4, 3))
            .WithHook("blocks.1.attn.hook_z", ["batch", "pos", "4", "3"], _ => new Tensor("z", head, 1, 1, 4, 3))
            .WithHook("blocks.0.mlp.hook_post", ["batch", "pos", "10"], _ => new Tensor("post", neurons, 1, 1, 10))
            .WithHook("blocks.1.mlp.hook_post", ["batch", "pos", "10"], _ => new Tensor("post", new float[10], 1, 1, 10))
            .WithHook("blocks.0.hook_mlp_out", ["batch", "pos", "8"], _ => new Tensor("mlp", wanted.Select(value => -value / 2).ToArray(), 1, 1, D))
            .WithHook("blocks.1.hook_mlp_out", ["batch", "pos", "8"], _ => new Tensor("mlp", new float[D], 1, 1, D))
            .WithHook("blocks.1.hook_resid_post", ["batch", "pos", "8"], _ => new Tensor("state", final, 1, 1, D))
            .WithHook("logits", ["batch", "pos", "47"], _ => new Tensor("logits", logits, 1, 1, VectorModels.V));
    }
}
