using PluginLens.Plugins.Messages;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>vocab-bias</c> lists both ends of <c>b_U + b W_U</c> minus its mean, in float64.</summary>
public sealed class VocabBiasTests : AnalysisTests<VocabBias>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Fake, new VocabBiasOptions { K = 1 }),
        new(Fake, new VocabBiasOptions { K = 20 }),
    ];

    protected override string[] Approximate => ["gemma2"];

    protected override string[] Undefined => ["encoder"];

    [Test]
    public void Ends_OfEveryCheckpoint_EqualTheFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values] Padding padding) =>
        AssertEnds(CheckpointModels.Get(name), padding);

    [Test]
    public void Ends_OfFoldedWeights_EqualTheFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Folded))] string name) => AssertEnds(CheckpointModels.Get(name), Padding.Drop);

    [Test]
    public void PlantedBias_IsFirst_AndTheFigureHasBothEnds()
    {
        var model = VectorModels.Make().WithWeight("unembed.b_U", data => (data[7], data[30]) = (50, -50));

        var results = TestRun.Execute(new VocabBias(), model, new VocabBiasOptions { K = 2 });

        var rows = results.Rows<BiasedToken>("vocab-bias");
        Assert.That(rows.Where(row => row.Rank == 1).Select(row => (row.End, row.Token.Id)), Is.EqualTo(new[] { (BiasEnd.Highest, 7), (BiasEnd.Lowest, 30) }));
        var chart = (Chart)results.Figures["vocab-bias"];
        Assert.That((chart.XLabels[0], chart.XLabels[^1], chart.Series[0].Values[0]), Is.EqualTo((" w7", " w30", (double?)rows[0].Bias)));
    }

    [Test]
    public void ModelWithoutAnyBias_HasZeros_AndSaysSo()
    {
        var results = TestRun.Execute(new VocabBias(), CheckpointModels.Get("llama"), new VocabBiasOptions { K = 3 });

        Assert.That(results.Rows<BiasedToken>("vocab-bias").Select(row => (row.Token.Id, row.Bias)), Is.EqualTo(new[] { (0, 0.0), (1, 0.0), (2, 0.0), (0, 0.0), (1, 0.0), (2, 0.0) }));
        Assert.That(results.Notes[0], Does.StartWith("the model has neither b_U nor a bias"));
    }

    private static void AssertEnds(Model model, Padding padding)
    {
        var rows = TestRun.Execute(new VocabBias(), model, new VocabBiasOptions { K = 7, Padding = padding }).Rows<BiasedToken>("vocab-bias");

        var weights = new NaiveWeights(model);
        var shift = weights.Vector("mlm_head.ln.b") ?? (NaiveStates.IsPostNorm(model) ? null : weights.Vector("ln_final.b"));
        var bias = weights.Columns("unembed.W_U").Select((column, id) => (shift is null ? 0 : NaiveWeights.Dot(shift, column)) + (weights.Vector("unembed.b_U")?[id] ?? 0)).ToArray();
        var mean = bias.Average();
        bias = Array.ConvertAll(bias, value => value - mean);
        bool Keep(int id) => padding == Padding.Keep || model.Tokenizer!.Piece(id) is not null;
        NaiveLists.AssertTop(rows.Take(7).Select(row => row.Token.Id), bias, 7, "highest", Keep, rows.Take(7).Select(row => row.Bias));
        NaiveLists.AssertTop(rows.Skip(7).Select(row => row.Token.Id), Array.ConvertAll(bias, value => -value), 7, "lowest", Keep, rows.Skip(7).Select(row => -row.Bias));
    }
}
