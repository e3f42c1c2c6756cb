using System.Text;
using PluginLens.Plugins.Patterns;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>patterns-context</c> of a state that was planted, and the layout of the document.</summary>
public sealed class PatternsContextTests : AnalysisTests<PatternsContext>
{
    private const int D = VectorModels.D;
    private static readonly Prompt[] One = [new(null, [3])];

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new PatternsContextOptions { Layer = Selection.Parse("0"), K = 2 }, CheckpointModels.Prompts),
        new(Gpt2, new PatternsContextOptions { K = 2 }, CheckpointModels.Prompts),
        new(Gpt2, new PatternsContextOptions { K = 20, Position = Selection.All }, CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => ["openai-gpt", "llama", "gemma2", "mixtral", "bloom", "qwen3", "olmo2", "phi3-long"];

    protected override string[] Undefined => ["bert", "encoder"];

    protected override IEnumerable<string> UndefinedCheckpoints => CheckpointModels.Encoders;

    [Test]
    public void HeadThatLooksForAToken_FindsIt()
    {
        // The input of layer 1 is axis 5, which head 2 reads into dimension 1; its key head has the direction of token 9 there.
        var model = Planted();
        float[] wanted = model.WE.Row(9).ToArray();
        model = model.WithWeight("blocks.1.attn.W_Q", data => Column(data, 2, Axis(5))).WithWeight("blocks.1.attn.W_K", data => Column(data, 1, wanted));

        var rows = TestRun.Execute(new PatternsContext(), model, new PatternsContextOptions { Layer = Selection.Parse("1"), K = 1, NoPatternNorm = true }, One).Rows<ContextPattern>("patterns-context");

        var found = rows.Single(row => row.Head == 2);
        Assert.That((found.Prompt, found.Position, found.Input.Id, found.Token.Id), Is.EqualTo((0, 0, 3, 9)));
        Assert.That(found.Score, Is.EqualTo(1).Within(1e-6));
        Assert.That(rows.Where(row => row.Head != 2).Select(row => row.Score), Is.All.Zero);
    }

    [Test]
    public void State_IsReadByTheUnembedding_AndThePredictionIsThatOfTheEnd()
    {
        var states = TestRun.Execute(new PatternsContext(), Planted(), new PatternsContextOptions { K = 1 }, One).Rows<ContextState>("states");

        // Token 20 alone has axis 2 in W_U, token 21 axis 5: the last state is axis 2, the inputs are axis 5.
        Assert.That(states.Select(state => (state.Layer, state.Predicted.Id, state.Closest.Id)), Is.EqualTo(new[] { (0, 20, 21), (1, 20, 21) }));
        var (mean, scale) = (1.0 / D, Math.Sqrt((1.0 / D) - (1.0 / (D * D)) + 1e-5));
        Assert.That(states[0].ClosestLogit, Is.EqualTo(100 * (1 - mean) / scale).Within(1e-3));
        Assert.That(states[0].PredictedLogit, Is.EqualTo(100 * -mean / scale).Within(1e-3));
    }

    [Test]
    public void Document_HasTheTableAndWhatIsPrinted()
    {
        var results = TestRun.Execute(new PatternsContext(), Planted(), new PatternsContextOptions { K = 2, Head = Selection.Parse("1"), Layout = Layout.Document }, One);

        var (rows, states) = (results.Rows<ContextPattern>("patterns-context"), results.Rows<ContextState>("states"));
        var table = Encoding.UTF8.GetString(results.Files["patterns-context-document.csv"]).Split('\n');
        var printed = Encoding.UTF8.GetString(results.Files["patterns-context-document.txt"]);
        string Line(int layer)
        {
            var list = rows.Where(row => row.Layer == layer).ToList();
            var words = string.Concat(list.Select(row => $"{$"…{row.Token.Text}",8}, "));
            return $"{layer}, w21,{layer},1,\"{words}\",\"{string.Concat(list.Select(row => $"{DocumentText.TwoDigits(row.Score)}, "))}\"";
        }

        Assert.That(table, Is.EqualTo(new[] { ",Closest Word,Layer,Head,Top-k,Scores", Line(0), Line(1), string.Empty }));
        Assert.That(printed, Does.StartWith("Predicted next token:  w20\n\nLayer 0\n   Dot product with predicted token ' w20': "));
        Assert.That(printed, Does.EndWith(FormattableString.Invariant($"   Closest word:  w21 ({states[1].ClosestLogit:0.000})\n\n")));
    }

    [Test]
    public void Document_OfSeveralPositions_IsRefused() => Assert.That(
        () => TestRun.Execute(new PatternsContext(), CheckpointModels.Get("gpt2"), new PatternsContextOptions { Layout = Layout.Document, Position = Selection.All }, CheckpointModels.Prompts),
        Throws.TypeOf<UsageException>().With.Message.EqualTo("--layout document --position all: the notebook's table is of one position; give one, or leave the layout out."));

    [Test]
    public void NoPrompt_IsRefused() => Assert.That(() => TestRun.Execute(new PatternsContext(), Planted()), Throws.TypeOf<UsageException>());

    [Test]
    public void Figure_HasARowForEachHead_AndAColumnForEachPosition()
    {
        var results = TestRun.Execute(new PatternsContext(), CheckpointModels.Get("gpt2"), new PatternsContextOptions { K = 2, Position = Selection.Parse("1,-1") }, CheckpointModels.Prompts);

        var (grid, rows) = ((TokenGrid)results.Figures["patterns-context-1"], results.Rows<ContextPattern>("patterns-context"));
        var second = rows.Where(row => (row.Prompt, row.Layer, row.Head, row.Position) == (1, 1, 0, 6)).ToList();
        Assert.That((grid.YLabels[4], grid.XLabels.Count), Is.EqualTo(("1.0", 2)));
        Assert.That(grid.Cells[4][1], Is.EqualTo(new TokenCell(second[0].Token.Text, second[0].Score, $"{second[0].Token.Text} {second[1].Token.Text}")));
    }

    private static FakeModel Planted()
    {
        var model = VectorModels.Make().WithWeight("unembed.W_U", data =>
        {
            Array.Clear(data);
            (data[(2 * VectorModels.V) + 20], data[(5 * VectorModels.V) + 21]) = (100, 100);
        }).WithWeight("unembed.b_U", Array.Clear).WithWeight("ln_final.b", Array.Clear);
        return model
            .WithHook("blocks.0.hook_resid_pre", ["batch", "pos", "8"], _ => new Tensor("state", Axis(5), 1, 1, D))
            .WithHook("blocks.1.hook_resid_pre", ["batch", "pos", "8"], _ => new Tensor("state", Axis(5), 1, 1, D))
            .WithHook("blocks.1.hook_resid_post", ["batch", "pos", "8"], _ => new Tensor("state", Axis(2), 1, 1, D));
    }

    private static float[] Axis(int axis) => [.. Enumerable.Range(0, D).Select(at => at == axis ? 1f : 0)];

    private static void Column(float[] data, int head, float[] values)
    {
        Array.Clear(data);
        for (var row = 0; row < D; row++)
        {
            data[(((head * D) + row) * 3) + 1] = values[row];
        }
    }
}
