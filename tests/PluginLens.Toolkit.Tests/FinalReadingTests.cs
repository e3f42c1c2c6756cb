using PluginLens.Numerics;

namespace PluginLens.Toolkit.Tests;

public sealed class FinalReadingTests
{
    private static readonly CpuCompute Compute = new();

    [Test]
    public void Words_AreTheLogitsOfTheState([Values("LN", "RMS", "LNPre")] string kind, [Values] bool normed)
    {
        var model = Models.Make(kind, config => config with { FinalNorm = normed });
        var states = Models.Vectors(3, model.Config.DModel);

        var lists = new FinalReading(model, Compute).Words(states, 10);

        for (var row = 0; row < 3; row++)
        {
            Naive.AssertTop(lists, row, Logits(model, Naive.Norm(model, normed ? "ln_final" : string.Empty, Naive.Row(states, row))));
        }
    }

    [Test]
    public void Writing_IsTheDirectionWithGainAndWithoutBias([Values("LN", "RMS")] string kind, [Values] RowOrder order)
    {
        var model = Models.Make(kind);
        var messages = Models.Vectors(3, model.Config.DModel);

        var lists = new FinalReading(model, Compute).Writing.Top(Compute, messages, 10, Similarity.Dot, order: order);

        for (var row = 0; row < 3; row++)
        {
            var m = Naive.Row(messages, row);
            var mean = kind == "LN" ? m.Average() : 0;
            double[] direction = [.. m.Select((value, at) => (value - mean) * Naive.Weight(model, "ln_final.w", at, 1))];
            Naive.AssertTop(lists, row, Naive.Times(direction, model.WU), order);
        }
    }

    [Test]
    public void Contributions_WithTheBiases_SumToTheLogit([Values("LN", "RMS", "LNPre")] string kind)
    {
        var model = Models.Make(kind);
        var reading = new FinalReading(model, Compute);
        var terms = Models.Vectors(4, model.Config.DModel);
        var state = Enumerable.Range(0, 4).Select(row => Naive.Row(terms, row)).Aggregate(Naive.Add);
        var scale = reading.Norm!.Moments(Array.ConvertAll(state, value => (float)value)).Scale;

        var parts = reading.Contributions(terms, [scale, scale, scale, scale], [3, 50]);

        var bias = Naive.Times([.. Enumerable.Range(0, model.Config.DModel).Select(at => Naive.Weight(model, "ln_final.b", at, 0))], model.WU);
        var logits = Logits(model, Naive.Norm(model, "ln_final", state));
        foreach (var (column, token) in new[] { 3, 50 }.Index())
        {
            var sum = Enumerable.Range(0, 4).Sum(row => parts[row, column]);
            Assert.That(sum + bias[token] + Naive.Weight(model, "unembed.b_U", token, 0), Is.EqualTo(logits[token]).Within(1e-6));
        }

        Assert.That(() => reading.Contributions(terms, [scale], [3]), Throws.ArgumentException.With.Message.Contains("each of 4 terms, found 1"));
    }

    [Test]
    public void Constructor_WithoutUnembedding_IsAUsageError() =>
        Assert.That(() => new FinalReading(Models.Make().WithoutWeight("unembed.W_U"), Compute), Throws.TypeOf<UsageException>().With.Message.Contains("no unembedding"));

    private static double[] Logits(Model model, double[] state) =>
        [.. Naive.Times(state, model.WU).Select((value, token) => value + Naive.Weight(model, "unembed.b_U", token, 0))];
}
