using PluginLens.Numerics;

namespace PluginLens.Toolkit.Tests;

public sealed class NormedVocabularyTests
{
    private static readonly CpuCompute Compute = new();

    [Test]
    public void Top_EqualsTheNormedCopy(
        [Values("LN", "RMS", "LNPre", "none")] string norm, [Values] Similarity by, [Values] RowOrder order, [Values] bool filtered, [Values] bool unembedding)
    {
        var model = Models.Make(norm == "none" ? "LN" : norm);
        var rows = unembedding ? model.WU.Transpose() : model.WE;
        var x = Models.Vectors(5, model.Config.DModel);
        bool[]? keep = filtered ? [.. Enumerable.Range(0, rows.Rows).Select(id => id % 3 != 0)] : null;

        var lists = new NormedVocabulary(rows, norm == "none" ? null : ModelNorm.BeforeAttention(model, 1)).Top(Compute, x, 20, by, keep, order);

        for (var row = 0; row < x.Rows; row++)
        {
            var pattern = Naive.Row(x, row);
            double Score(int id)
            {
                var normed = Naive.Norm(model, norm == "none" ? string.Empty : "blocks.1.ln1", Naive.Row(rows, id));
                return by == Similarity.Cosine ? Naive.Cosine(pattern, normed) : Naive.Dot(pattern, normed);
            }

            Naive.AssertTop(lists, row, [.. Enumerable.Range(0, rows.Rows).Select(Score)], order, keep);
        }
    }

    [Test]
    public void Top_AcrossBlocks_EqualsTheNormedCopy()
    {
        // More rows than a block holds, and equal ones in different blocks: the lower id comes first.
        var model = Models.Make();
        var norm = ModelNorm.Final(model)!;
        var data = Models.Vectors(100_000, 12, seed: 8).Data.ToArray();
        data.AsSpan(0, 12).CopyTo(data.AsSpan(99_000 * 12));
        var rows = new Matrix(data, 100_000, 12);
        var x = new float[12];
        norm.Apply(rows.Row(0), x);

        var lists = new NormedVocabulary(rows, norm).Top(Compute, new Matrix(x, 1, 12), 6, Similarity.Cosine);

        var (scores, normed) = (new double[rows.Rows], new float[12]);
        for (var id = 0; id < scores.Length; id++)
        {
            norm.Apply(rows.Row(id), normed);
            double dot = 0, left = 0, right = 0;
            for (var at = 0; at < 12; at++)
            {
                (dot, left, right) = (dot + ((double)x[at] * normed[at]), left + ((double)x[at] * x[at]), right + ((double)normed[at] * normed[at]));
            }

            scores[id] = dot / Math.Sqrt(left * right);
        }

        Naive.AssertTop(lists, 0, scores);
        Assert.That(lists.IdsOf(0)[..2].ToArray(), Is.EqualTo([0, 99_000]));
    }

    [Test]
    public void Top_ZeroVectors_HaveCosineZero()
    {
        var rows = new Matrix(new float[] { 0, 0, 0, 1, -2, 1, 2, 1, 1 }, 3, 3);
        var lists = new NormedVocabulary(rows, null).Top(Compute, new Matrix(new float[] { 0, 0, 0, 1, 0, -1 }, 2, 3), 3, Similarity.Cosine);

        Assert.That(lists.IdsOf(0).ToArray(), Is.EqualTo([0, 1, 2]));
        Assert.That(lists.ScoresOf(0).ToArray(), Is.All.Zero);
        Assert.That(lists.IdsOf(1).ToArray(), Is.EqualTo([2, 0, 1]));
        Assert.That(lists.ScoresOf(1).ToArray(), Is.EqualTo([1 / Math.Sqrt(12), 0, 0]).Within(1e-6));
    }

    [Test]
    public void Under_AnotherNorm_IsThatVocabulary([Values("blocks.0.ln1", "none")] string other)
    {
        var model = Models.Make();
        var x = Models.Vectors(2, model.Config.DModel);
        var norm = other == "none" ? null : ModelNorm.BeforeAttention(model, 0);
        var under = new NormedVocabulary(model.WE, ModelNorm.Final(model)).Under(norm);

        Assert.That(under.Top(Compute, x, 9, Similarity.Cosine).Scores, Is.EqualTo(new NormedVocabulary(model.WE, norm).Top(Compute, x, 9, Similarity.Cosine).Scores));
        Assert.That(under.Top(Compute, x, 9, Similarity.Cosine).Ids, Is.Not.EqualTo(new NormedVocabulary(model.WE, ModelNorm.Final(model)).Top(Compute, x, 9, Similarity.Cosine).Ids));
    }

    [Test]
    public void CopyRow_AndLengths_AreThoseOfTheNormedRow()
    {
        var model = Models.Make();
        var vocabulary = new NormedVocabulary(model.WU.Transpose(), ModelNorm.Final(model));
        var row = new float[model.Config.DModel];
        vocabulary.CopyRow(7, row);

        var expected = Naive.Norm(model, "ln_final", Naive.Column(model.WU, 7));
        Assert.That(row, Is.EqualTo(expected).Within(1e-6));
        Assert.That(vocabulary.Lengths[7], Is.EqualTo(Math.Sqrt(Naive.Dot(expected, expected))).Within(1e-12));
    }

    [Test]
    public void Top_Centred_EqualsTheCentredCopy(
        [Values("normed", "gained", "written", "plain")] string kind, [Values("LN", "RMS")] string norm, [Values] CosineOf cosine, [Values] RowOrder order, [Values] bool added)
    {
        var model = Models.Make(norm);
        var rows = model.WU.Transpose();
        var final = ModelNorm.Final(model)!;
        float[]? numbers = added ? [.. Enumerable.Range(0, rows.Rows).Select(id => id % 7 * 0.1f)] : null;
        var vocabulary = kind switch
        {
            "normed" => new NormedVocabulary(rows, final),
            "gained" => NormedVocabulary.Gained(rows, final, biased: true),
            "written" => NormedVocabulary.Written(rows, final),
            _ => new NormedVocabulary(rows, norm: null),
        };
        var x = Models.Vectors(4, model.Config.DModel);

        var lists = vocabulary.With(numbers).Centred.Top(Compute, x, 15, cosine, order: order);

        double[][] whole = [.. Enumerable.Range(0, rows.Rows).Select(id => Made(model, kind, Naive.Row(rows, id)))];
        double[] mean = [.. Enumerable.Range(0, model.Config.DModel).Select(at => whole.Average(row => row[at]))];
        double[][] centred = Array.ConvertAll(whole, row => row.Select((value, at) => value - mean[at]).ToArray());
        for (var row = 0; row < x.Rows; row++)
        {
            var vector = Naive.Row(x, row);
            double Score(int id) => (Naive.Dot(vector, centred[id]) / (cosine == CosineOf.None ? 1 : Length(centred[id]) * (cosine == CosineOf.Both ? Length(vector) : 1)))
                + (cosine == CosineOf.None && numbers is not null ? numbers[id] - numbers.Average(value => (double)value) : 0);
            double[] scores = [.. Enumerable.Range(0, rows.Rows).Select(Score)];
            Naive.AssertTop(lists, row, scores, order);
            Assert.That(vocabulary.With(numbers).Centred.Scores(Compute, x.Slice(row, 1), cosine), Is.EqualTo(scores).Within(1e-5));
        }

        Assert.That(vocabulary.Centred.Lengths, Is.EqualTo(centred.Select(Length)).Within(1e-12));
    }

    [Test]
    public void Centred_RowsThatAreTheMean_ScoreZero()
    {
        // Two opposite rows and their mean, which is no zero of float32.
        var rows = new Matrix(new float[] { 0.1f, 0.7f, 0.3f, 0.9f, 0.2f, 0.8f }, 3, 2);

        var lists = new NormedVocabulary(new Matrix(new float[] { 0.1f, 0.7f, 0.1f, 0.7f, 0.1f, 0.7f }, 3, 2), null).Centred.Top(Compute, rows, 3, CosineOf.Both);

        for (var row = 0; row < 3; row++)
        {
            Assert.That(lists.IdsOf(row).ToArray(), Is.EqualTo([0, 1, 2]));
            Assert.That(lists.ScoresOf(row).ToArray(), Is.All.Zero);
        }
    }

    private static double Length(double[] row) => Math.Sqrt(Naive.Dot(row, row));

    private static double[] Made(Model model, string kind, double[] row)
    {
        double[] gain = Array.ConvertAll(model.Weight("ln_final.w").Data.ToArray(), value => (double)value);
        double[] bias = model.HasWeight("ln_final.b") ? Array.ConvertAll(model.Weight("ln_final.b").Data.ToArray(), value => (double)value) : new double[gain.Length];
        double[] gained = [.. row.Select((value, at) => value * gain[at])];
        return kind switch
        {
            "normed" => Naive.Norm(model, "ln_final", row),
            "gained" => [.. gained.Select((value, at) => value + bias[at])],
            "written" => [.. gained.Select(value => value - (model.Config.Norm.StartsWith("RMS", StringComparison.Ordinal) ? 0 : gained.Average()))],
            _ => row,
        };
    }
}
