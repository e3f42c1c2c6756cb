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
}
