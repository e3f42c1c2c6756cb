using PluginLens.Plugins.Attribution;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What <c>head-lens</c> says of a head and an MLP that were planted.</summary>
public sealed class HeadLensTests : AnalysisTests<HeadLens>
{
    private const int D = VectorModels.D;

    /// <summary>Head 2 of layer 1 writes token 12 three times, the MLP of layer 0 takes token 20 away; every other head is silent. The final norm divides by 2 and has no other effect.</summary>
    private static readonly FakeModel Planted = Plant();

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new HeadLensOptions { Layer = Selection.Parse("0"), HeadsOnly = true, K = 2 }, CheckpointModels.Prompts),
        new(Gpt2, new HeadLensOptions { K = 2 }, CheckpointModels.Prompts),
        new(Gpt2, new HeadLensOptions { Position = Selection.All }, CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => ["gemma2"];

    protected override string[] Undefined => ["bert", "encoder", "openai-gpt"];

    protected override IEnumerable<string> UndefinedCheckpoints => CheckpointModels.All.Except(CheckpointModels.PreNorm);

    [Test]
    public void Head_ThatWritesAToken_RaisesIt_ByTheScaleOfThePass()
    {
        var row = Rows(new HeadLensOptions { K = 1 }).Single(row => (row.Layer, row.Kind, row.Head) == (1, ContributionKind.Head, 2));

        Assert.That((row.Token.Id, row.Input.Id, row.Rank), Is.EqualTo((12, 3, 1)));
        Assert.That(row.Score, Is.EqualTo(3 * Squared(12) / 2).Within(1e-5));
    }

    [Test]
    public void Mlp_ThatTakesATokenAway_IsSeenFromTheOtherEnd([Values(RowOrder.Smallest, RowOrder.LargestAbsolute)] RowOrder order)
    {
        var row = Rows(new HeadLensOptions { K = 1, Order = order }).Single(row => (row.Layer, row.Kind) == (0, ContributionKind.Mlp));

        Assert.That((row.Token.Id, row.Head), Is.EqualTo((20, (int?)null)));
        Assert.That(row.Score, Is.EqualTo(-Squared(20) / 2).Within(1e-5));
    }

    [Test]
    public void HeadsOnly_LeavesTheRestOut()
    {
        Assert.That(Rows(new HeadLensOptions { HeadsOnly = true }).Select(row => row.Kind), Is.All.EqualTo(ContributionKind.Head));
        Assert.That(Rows(new HeadLensOptions()).Select(row => row.Kind).Distinct(), Is.EquivalentTo(new[] { ContributionKind.Head, ContributionKind.AttentionBias, ContributionKind.Mlp }));
    }

    [Test]
    public void Figure_HasTheFirstWordOfEachHeadAndMlp()
    {
        var grid = (TokenGrid)TestRun.Execute(new HeadLens(), Planted, new HeadLensOptions(), [new Prompt(null, [3])]).Figures["head-lens-0-0"];

        Assert.That(grid.XLabels, Is.EqualTo(new[] { "0", "1", "2", "3", "b_O", "MLP" }));
        Assert.That(grid.Cells[1][2].Text, Is.EqualTo(" w12"));
        Assert.That(grid.Cells.Length, Is.EqualTo(2));
    }

    private static IReadOnlyList<WrittenWord> Rows(HeadLensOptions options) => TestRun.Execute(new HeadLens(), Planted, options, [new Prompt(null, [3])]).Rows<WrittenWord>("head-lens");

    private static double Squared(int token) => Enumerable.Range(0, D).Sum(at => Math.Pow(Planted.WU.Row(at)[token], 2));

    private static FakeModel Plant()
    {
        // The two tokens are longer than others, so that nothing is nearer to them than they are; RMSNorm of a state of twos divides by 2.
        var model = VectorModels.Make().WithConfig(config => config with { Norm = "RMS", Eps = 0 }).WithWeight("unembed.W_U", data =>
        {
            for (var at = 0; at < D; at++)
            {
                data[(at * VectorModels.V) + 12] *= 20;
                data[(at * VectorModels.V) + 20] *= 20;
            }
        });
        float[] Column(int token, float factor) => [.. Enumerable.Range(0, D).Select(at => factor * model.WU.Row(at)[token])];
        model = model.WithWeight("blocks.1.attn.W_O", data => Column(12, 1).CopyTo(data, ((2 * 3) + 1) * D));
        var head = new float[12];
        head[(2 * 3) + 1] = 3;
        Tensor State(string name, float[] values) => new(name, values, 1, 1, D);
        return model
            .WithHook("blocks.0.attn.hook_z", ["batch", "pos", "4", "3"], _ => new Tensor("z", new float[12], 1, 1, 4, 3))
            .WithHook("blocks.1.attn.hook_z", ["batch", "pos", "4", "3"], _ => new Tensor("z", head, 1, 1, 4, 3))
            .WithHook("blocks.0.hook_mlp_out", ["batch", "pos", "8"], _ => State("mlp", Column(20, -1)))
            .WithHook("blocks.1.hook_mlp_out", ["batch", "pos", "8"], _ => State("mlp", new float[D]))
            .WithHook("blocks.1.hook_resid_post", ["batch", "pos", "8"], _ => State("state", [2, -2, 2, 2, 2, -2, 2, 2]));
    }
}
