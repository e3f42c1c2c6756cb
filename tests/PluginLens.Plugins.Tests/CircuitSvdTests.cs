using PluginLens.Plugins.Circuits;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>circuit-svd</c> finds the tokens that were planted at the ends of a head's only direction.</summary>
public sealed class CircuitSvdTests : AnalysisTests<CircuitSvd>
{
    private const int D = VectorModels.D;

    protected override IEnumerable<Example> Runs =>
    [
        new(Fake, new CircuitSvdOptions { Layer = Selection.Parse("0"), Directions = 1, K = 5 }),
        new(Fake, new CircuitSvdOptions { K = 5 }),
        new(Fake, new CircuitSvdOptions { Matrix = [CircuitMatrix.Ov, CircuitMatrix.Qk], K = 20 }),
    ];

    protected override IEnumerable<Example> OtherRuns => [new(Fake, new CircuitSvdOptions { Matrix = [CircuitMatrix.In, CircuitMatrix.Gate, CircuitMatrix.Out], K = 20 })];

    protected override string[] Approximate => ["bert", "encoder", "openai-gpt", "llama", "gemma2", "mixtral", "qwen3", "olmo2", "phi3-long"];

    protected override string[] Undefined => [];

    [Test]
    public void HeadOfOneDirection_ShowsBothTokensAtBothEnds()
    {
        // Head 2 reads token 7's direction (its value head is 1) and writes minus token 40's: token 7 in, the opposite of token 40 out.
        var model = VectorModels.Make();
        float[] read = model.WE.Row(7).ToArray(), written = [.. Enumerable.Range(0, D).Select(row => -model.WU.Row(row)[40])];
        model = model.WithWeight("blocks.1.attn.W_V", data => Column(data, 1, read)).WithWeight("blocks.1.attn.W_O", data =>
        {
            Array.Clear(data);
            written.CopyTo(data, ((2 * 3) + 1) * D);
        });

        var results = TestRun.Execute(new CircuitSvd(), model, new CircuitSvdOptions { Layer = Selection.Parse("1"), K = 1 });

        var direction = results.Rows<CircuitDirection>("circuit-svd").Single();
        Assert.That((direction.Head, direction.Direction, direction.EnergyShare, direction.Cumulative), Is.EqualTo((2, 1, 1.0, 1.0)).Using<double>((x, y) => Math.Abs(x - y) < 1e-9));
        Assert.That(direction.SingularValue, Is.EqualTo(Length(read) * Length(written)).Within(1e-6));
        var words = results.Rows<DirectionWord>("words").ToDictionary(word => word.End);
        var isPlus = written.MaxBy(Math.Abs) > 0;
        var (into, against) = (words[isPlus ? DirectionEnd.Plus : DirectionEnd.Minus], words[isPlus ? DirectionEnd.Minus : DirectionEnd.Plus]);
        Assert.That((into.From?.Id, against.To?.Id), Is.EqualTo(((int?)7, (int?)40)));
        Assert.That((into.FromScore!.Value, against.ToScore!.Value), Is.EqualTo((1.0, 1.0)).Using<double>((x, y) => Math.Abs(x - y) < 1e-6));
    }

    [Test]
    public void NeuronThatAloneReads_IsTheDirection()
    {
        var model = VectorModels.Make();
        var read = model.WE.Row(12).ToArray();
        model = model.WithWeight("blocks.0.mlp.W_in", data =>
        {
            Array.Clear(data);
            for (var row = 0; row < D; row++)
            {
                data[(row * 10) + 6] = read[row];
            }
        });

        var results = TestRun.Execute(new CircuitSvd(), model, new CircuitSvdOptions { Matrix = [CircuitMatrix.In], Layer = Selection.Parse("0"), K = 1 });

        var end = read.MaxBy(Math.Abs) > 0 ? DirectionEnd.Plus : DirectionEnd.Minus;
        Assert.That(results.Rows<CircuitDirection>("circuit-svd"), Has.Count.EqualTo(1));
        Assert.That(results.Rows<DirectionWord>("words").Single(word => word.End == end).From?.Id, Is.EqualTo((int?)12));
        var neuron = results.Rows<DirectionNeuron>("neurons").Single(row => row.End == end);
        Assert.That((neuron.Neuron, neuron.Component), Is.EqualTo((6, 1.0)).Using<double>((x, y) => Math.Abs(x - y) < 1e-9));
    }

    [Test]
    public void Ends_AreOneDirection_WithItsSignTurned()
    {
        var words = TestRun.Execute(new CircuitSvd(), VectorModels.Make(), new CircuitSvdOptions { Layer = Selection.Parse("0"), Head = Selection.Parse("1"), Directions = 1, K = VectorModels.V, Score = Similarity.Dot }).Rows<DirectionWord>("words");

        var (plus, minus) = (words.Where(word => word.End == DirectionEnd.Plus).ToList(), words.Where(word => word.End == DirectionEnd.Minus).ToList());
        Assert.That(minus.Select(word => (word.From?.Id, word.To?.Id)), Is.EqualTo(Enumerable.Reverse(plus).Select(word => (word.From?.Id, word.To?.Id))));
        Assert.That(minus.Select(word => word.ToScore!.Value), Is.EqualTo(Enumerable.Reverse(plus).Select(word => -word.ToScore!.Value)).Within(1e-12));
    }

    [Test]
    public void ZeroHead_HasNoDirections()
    {
        var results = TestRun.Execute(new CircuitSvd(), VectorModels.Make().WithWeight("blocks.0.attn.W_O", Array.Clear), new CircuitSvdOptions { Layer = Selection.Parse("0") });

        Assert.That((results.Rows<CircuitDirection>("circuit-svd").Count, results.Rows<DirectionWord>("words").Count, results.Figures.Count), Is.EqualTo((0, 0, 0)));
    }

    [Test]
    public void Filters_SelectBeforeRanking_AndPoolsMakeListsShort()
    {
        var words = TestRun.Execute(new CircuitSvd(), CheckpointModels.Get("gpt2"), new CircuitSvdOptions { BpeFilter = BpeFilter.Alpha, K = 5 }).Rows<DirectionWord>("words");
        var short_ = TestRun.Execute(new CircuitSvd(), CheckpointModels.Get("gpt2"), new CircuitSvdOptions { BpeFilter = BpeFilter.Alpha, K = 5, Pool = 5 }).Rows<DirectionWord>("words");

        Assert.That(words.All(word => word.From!.Value.Text.Trim().All(char.IsLetter)), Is.True);
        Assert.That(words.GroupBy(word => (word.Layer, word.Head, word.Direction, word.End)).Select(list => list.Count()), Is.All.EqualTo(5));
        Assert.That(short_.Any(word => word.From is null || word.To is null), Is.True);
    }

    [Test]
    public void Figures_HaveARowForEachEnd_AndTheShares()
    {
        var results = TestRun.Execute(new CircuitSvd(), VectorModels.Make(), new CircuitSvdOptions { Layer = Selection.Parse("1"), Directions = 2, K = 2 });

        var (grid, map) = ((TokenGrid)results.Figures["words-ov"], (Heatmap)results.Figures["energy-ov"]);
        var words = results.Rows<DirectionWord>("words");
        Assert.That(grid.YLabels.Take(5), Is.EqualTo(new[] { "1.0 1+", "1.0 1-", "1.0 2+", "1.0 2-", "1.1 1+" }));
        Assert.That(grid.Cells[1][1], Is.EqualTo(new TokenCell(words[2].To!.Value.Text, words[2].ToScore, $"{words[2].To!.Value.Text} {words[3].To!.Value.Text}")));
        Assert.That(map.Values[2][1], Is.EqualTo(results.Rows<CircuitDirection>("circuit-svd")[5].EnergyShare));
    }

    [TestCase(CircuitMatrix.Gate, "--matrix gate: model 'model' has MLPs without a gate; use in or out.")]
    public void MissingMatrix_IsRefused(CircuitMatrix matrix, string message) => Assert.That(
        () => TestRun.Execute(new CircuitSvd(), VectorModels.Make(), new CircuitSvdOptions { Matrix = [matrix] }), Throws.TypeOf<UsageException>().With.Message.EqualTo(message));

    private static void Column(float[] data, int head, float[] values)
    {
        Array.Clear(data);
        for (var row = 0; row < D; row++)
        {
            data[(((head * D) + row) * 3) + 1] = values[row];
        }
    }

    private static double Length(float[] values) => Math.Sqrt(values.Sum(value => (double)value * value));
}
