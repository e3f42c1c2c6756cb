using PluginLens.Numerics;

namespace PluginLens.Toolkit.Tests;

public sealed class HeadReaderTests
{
    [Test]
    public void Read_WithGainAndBiases_IsTheFormula([Values(HeadMatrix.Q, HeadMatrix.K, HeadMatrix.V)] HeadMatrix matrix, [Values] bool gain, [Values] bool biases)
    {
        var model = Models.Make();
        var read = Reader(model, new HeadReading { NormGain = gain, Biases = biases }).Read(1, 2, matrix);

        var weight = model.Weight($"blocks.1.attn.W_{matrix}")[2].AsMatrix();
        double[] bias = [.. Enumerable.Range(0, 12).Select(at => gain && biases ? Naive.Weight(model, "blocks.1.ln1.b", at, 0) : 0)];
        double[] token = [.. Naive.Row(model.WE, 30).Select((value, at) => value * (gain ? Naive.Weight(model, "blocks.1.ln1.w", at, 1) : 1))];
        var expected = Naive.Add(Naive.Times(token, weight), Naive.Times(bias, weight));
        expected = biases ? Naive.Add(expected, Naive.Row(model.Weight($"blocks.1.attn.b_{matrix}").AsMatrix(), 2)) : expected;
        Assert.That(read.AsSpan(30 * 3, 3).ToArray(), Is.EqualTo(expected).Within(1e-6));
    }

    [Test]
    public void Read_WithGainOfFoldedWeights_IsTheWeightsAsTheyAre([Values] bool biases)
    {
        var model = Models.Make("LNPre", sizes => sizes with { Processing = ["fold_ln"] });
        var gained = new HeadReading { NormGain = true, Biases = biases };

        Assert.That(Reader(model, gained).Read(1, 2, HeadMatrix.Q), Is.EqualTo(Reader(model, gained with { NormGain = false }).Read(1, 2, HeadMatrix.Q)));
        Assert.That(Reader(model, gained).Description(new TokenFilter()), Does.Contain("gain of the norm already in the weights"));
    }

    [Test]
    public void Write_IsWOTimesTheOutputSide()
    {
        var model = Models.Make();
        var written = Reader(model, new HeadReading()).Write(0, 1);

        Assert.That(written.AsSpan(9 * 3, 3).ToArray(), Is.EqualTo(Naive.Times(Naive.Column(model.WU, 9), model.WO(0, 1).Transpose())).Within(1e-6));
    }

    [Test]
    public void Normalised_RowsAreDividedByTheirMeanAbsoluteProjection()
    {
        var model = Models.Make();
        var plain = Reader(model, new HeadReading()).Read(0, 0, HeadMatrix.K);
        var normalised = Reader(model, new HeadReading { Normalise = Normalise.Freq }).Read(0, 0, HeadMatrix.K);

        var token = Naive.Row(model.WE, 4);
        var all = from layer in Enumerable.Range(0, 2) from head in Enumerable.Range(0, 4) from value in Naive.Times(token, model.WK(layer, head)) select Math.Abs(value);
        Assert.That(normalised[4 * 3], Is.EqualTo(plain[4 * 3] / (all.Average() + 1e-9)).Within(1e-5));
    }

    [Test]
    public void Read_IntoAnArrayUsedBefore_IsTheSameBits([Values(null, 2)] int? keyValueHeads, [Values] bool normed)
    {
        var model = Models.Make(change: config => config with { NKeyValueHeads = keyValueHeads });
        var reading = new HeadReading { Normed = normed, Biases = normed };
        var reader = Reader(model, reading);
        float[]? reused = null;
        foreach (var (layer, head) in from layer in new[] { 1, 0 } from head in new[] { 1, 2, 3, 0, 2 } select (layer, head))
        {
            foreach (var matrix in new[] { HeadMatrix.Q, HeadMatrix.K, HeadMatrix.V })
            {
                reused = reader.Read(layer, head, matrix, reused);
                Assert.That(reused, Is.EqualTo(Reader(model, reading).Read(layer, head, matrix)), $"{layer}.{head} {matrix}");
            }

            reused = reader.Write(layer, head, reused);
            Assert.That(reused, Is.EqualTo(Reader(model, reading).Write(layer, head)), $"{layer}.{head} O");
        }
    }

    [Test]
    public void Read_WithWO_IsRefused() =>
        Assert.That(() => Reader(Models.Make(), new HeadReading()).Read(0, 0, HeadMatrix.O), Throws.ArgumentException.With.Message.Contains("call Write"));

    [Test]
    public void Description_NamesWhatWasDone()
    {
        var reader = Reader(Models.Make(), new HeadReading { NormGain = true, Normalise = Normalise.Freq });
        Assert.That(reader.Description(new TokenFilter()), Is.EqualTo("weights raw; biases off; gain of the norm applied; rows divided by their mean absolute projection"));
    }

    private static HeadReader Reader(Model model, HeadReading reading) => new(Context.Of(model), reading);
}
