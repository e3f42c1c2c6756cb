using PluginLens.Plugins.States;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>hidden-projection</c> equals norm, product and bias in float64.</summary>
public sealed class HiddenProjectionTests : AnalysisTests<HiddenProjection>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new HiddenProjectionOptions { Layer = Selection.Parse("0") }, CheckpointModels.Prompts),
        new(Gpt2, new HiddenProjectionOptions(), CheckpointModels.Prompts),
        new(Gpt2, new HiddenProjectionOptions { Position = Selection.All }, CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => ["bert", "gemma2", "openai-gpt"];

    protected override string[] Undefined => ["encoder"];

    [Test]
    public void EveryStateAndPosition_EqualsTheFormula([Values] bool tied, [Values] StateNorm norm, [Values("LN", "RMS")] string kind)
    {
        var model = Running(VectorModels.Make(tied).WithConfig(config => config with { Norm = kind }));
        var options = new HiddenProjectionOptions { Position = Selection.All, K = 6, Norm = norm };
        var rows = TestRun.Execute(new HiddenProjection(), model, options, [new Prompt(null, [3, 1, 4])]).Rows<StateWord>("hidden-projection");

        Assert.That(rows, Has.Count.EqualTo(3 * 3 * 6));
        Assert.That(rows.Select(row => row.Kind == StateKind.Embed), Is.EqualTo(rows.Select(row => row.Layer is null)));
        foreach (var list in rows.GroupBy(row => (row.Layer, row.Position)))
        {
            var state = State(list.Key.Layer is { } layer ? layer + 1 : 0, [3, 1, 4]).Span.Slice(list.Key.Position * 8, 8).ToArray();
            var read = norm == StateNorm.Final || (norm == StateNorm.FinalButEmbed && list.Key.Layer is not null) ? Normed(model, state) : Array.ConvertAll(state, value => (double)value);
            var logits = VectorModels.Scores(model, read, "V").Select((score, token) => score + model.Weight("unembed.b_U").Span[token]).ToArray();
            Assert.That(list.Select(row => row.Token.Id), Is.EqualTo(VectorModels.Top(logits, 6)));
            Assert.That(list.Select(row => row.Score), Is.EqualTo(VectorModels.Top(logits, 6).Select(token => logits[token])).Within(1e-5));
            Assert.That(list.Select(row => row.Input.Id), Is.All.EqualTo(new[] { 3, 1, 4 }[list.Key.Position]));
        }
    }

    [Test]
    public void ModelWithoutFinalNorm_IsReadRaw() => Assert.That(
        TestRun.Execute(new HiddenProjection(), Running(VectorModels.Make().WithConfig(config => config with { FinalNorm = false })), prompts: [new Prompt(null, [3])]).Notes[0], Does.StartWith("block outputs; no norm"));

    [TestCase(StatePoint.Pre, "hook_resid_pre")]
    [TestCase(StatePoint.Mid, "hook_resid_mid")]
    [TestCase(StatePoint.AttnOut, "hook_attn_out")]
    [TestCase(StatePoint.MlpOut, "hook_mlp_out")]
    public void At_ReadsThatStateOfTheBlock(StatePoint at, string hook)
    {
        var model = VectorModels.Make().WithHook($"blocks.1.{hook}", ["batch", "pos", "8"], input => State(9, input.Tokens[0]));
        var options = new HiddenProjectionOptions { At = at, Layer = Selection.Parse("1"), K = 5, Norm = StateNorm.None };
        var rows = TestRun.Execute(new HiddenProjection(), model, options, [new Prompt(null, [3, 1])]).Rows<StateWord>("hidden-projection");

        var state = State(9, [3, 1]).Span.Slice(8, 8).ToArray();
        var logits = VectorModels.Scores(model, Array.ConvertAll(state, value => (double)value), "V").Select((score, token) => score + model.Weight("unembed.b_U").Span[token]).ToArray();
        Assert.That(rows.Select(row => row.Token.Id), Is.EqualTo(VectorModels.Top(logits, 5)));
        Assert.That(rows.Select(row => row.Layer), Is.All.EqualTo(1));
    }

    [Test]
    public void At_WithoutThatHook_IsRefused() => Assert.That(
        () => TestRun.Execute(new HiddenProjection(), Running(VectorModels.Make()), new HiddenProjectionOptions { At = StatePoint.Mid }, [new Prompt(null, [3])]),
        Throws.TypeOf<UsageException>().With.Message.Contains("hook_resid_mid"));

    [Test]
    public void NoPrompt_IsRefused() => Assert.That(() => TestRun.Execute(new HiddenProjection(), Running(VectorModels.Make())), Throws.TypeOf<UsageException>());

    private static FakeModel Running(FakeModel model) => Enumerable.Range(0, 3).Aggregate(model, (made, at) => made.WithHook(
        at == 0 ? "blocks.0.hook_resid_pre" : $"blocks.{at - 1}.hook_resid_post", ["batch", "pos", "8"], input => State(at, input.Tokens[0])));

    private static Tensor State(int kind, int[] tokens) =>
        new("state", tokens.SelectMany((token, position) => Enumerable.Range(0, 8).Select(at => MathF.Sin((7 * kind) + (3 * position) + token + (at * at)))).ToArray(), 1, tokens.Length, 8);

    private static double[] Normed(FakeModel model, float[] state)
    {
        var mean = model.Config.Norm == "LN" ? state.Average(value => (double)value) : 0;
        var scale = Math.Sqrt(state.Average(value => (value - mean) * (value - mean)) + 1e-5);
        return [.. state.Select((value, at) => ((value - mean) / scale * model.Weight("ln_final.w").Span[at]) + model.Weight("ln_final.b").Span[at])];
    }
}
