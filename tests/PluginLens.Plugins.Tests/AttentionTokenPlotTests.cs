using PluginLens.Plugins.AttentionTokens;

namespace PluginLens.Plugins.Tests;

public sealed class AttentionTokenPlotTests : FollowerTests<AttentionTokenPlot>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new AttentionTokenPlotOptions { Component = AttentionComponent.V, Head = Selection.Parse("0") }, CheckpointModels.Prompts),
        new(Gpt2, new AttentionTokenPlotOptions { Component = AttentionComponent.V }, CheckpointModels.Prompts),
        new(Gpt2, new AttentionTokenPlotOptions(), CheckpointModels.Prompts),
    ];

    [Test]
    public void StoredRun_NumbersFollowFirstDiscovery_TheMaskedCellTakesOne()
    {
        using var run = Dataset();

        var results = Execute(new AttentionTokenPlotOptions { From = run.Path, Layer = Selection.Parse("0"), Head = Selection.Parse("0"), Threshold = 0.3 });

        // Row 0: token 5 is 0, the masked cell 1; row 1: token 7 is 2, then 5 again.
        Assert.That(results.Rows<PlottedCell>("attention-token-plot").Select(cell => (cell.I, cell.J, cell.Token.Id, cell.Number, cell.Border, cell.Alpha)), Is.EqualTo(new[]
        {
            (0, 0, 5, 0, 3.0, 1.0), (1, 0, 7, 2, 0, 0.25), (1, 1, 5, 0, 3, 0.75),
        }));
        var grid = (TokenGrid)results.Figures["tokens-l0h0"];
        Assert.That(grid.YLabels, Is.EqualTo(new[] { " w4 (0)", " w6 (1)" }));
        Assert.That(grid.Cells[0].Select(cell => cell.Value), Is.EqualTo(new double?[] { 0, null }));
        Assert.That(((Heatmap)results.Figures["layer-0"]).Values, Is.EqualTo(new double?[][] { [0, null], [2, 0] }));
        Assert.That(() => Execute(new AttentionTokenPlotOptions { From = run.Path, PromptIndex = 7 }), Throws.TypeOf<UsageException>().With.Message.Contains("no such prompt"));
    }
}
