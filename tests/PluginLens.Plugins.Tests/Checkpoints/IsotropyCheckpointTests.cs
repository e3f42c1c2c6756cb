using PluginLens.Plugins.Parameters;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>isotropy</c> on every checkpoint equals the dense EᵀE and its eigenvalues; padding rows take part.</summary>
public sealed class IsotropyCheckpointTests
{
    [Test]
    public void Rows_EqualTheDenseFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name)
    {
        var model = CheckpointModels.Get(name);

        var results = TestRun.Execute(new Isotropy(), model);

        var rows = results.Rows<MatrixIsotropy>("isotropy");
        Assert.That(rows.Select(row => row.Matrix), Is.EqualTo(new[] { "W_E", "W_U" }));
        foreach (var row in rows)
        {
            var e = new NaiveWeights(model).Vocabulary(writes: row.Matrix == "W_U");
            AssertMeasures(row, e);
            var values = results.Rows<SingularValue>("singular-values").Where(value => value.Matrix == row.Matrix).ToList();
            double[] eigenvalues = NaiveAlgebra.Eigenvalues(NaiveAlgebra.Gram(e));
            Assert.That(values.Select(value => value.Value), Is.EqualTo(eigenvalues.Select(Math.Sqrt)).Within(1e-7 * Math.Sqrt(eigenvalues[0])));
            Assert.That(values.Select(value => value.EnergyShare), Is.EqualTo(eigenvalues.Select((_, at) => eigenvalues[..(at + 1)].Sum() / eigenvalues.Sum())).Within(1e-9));
            Assert.That((row.LargestSingularValue, row.SmallestSingularValue), Is.EqualTo((values[0].Value, values[^1].Value)));
        }
    }

    private static void AssertMeasures(MatrixIsotropy row, double[][] e)
    {
        var gram = NaiveAlgebra.Gram(e);
        var d = gram.Length;
        var square = e.Sum(token => NaiveWeights.Dot(token, token));
        var alpha = square / d;
        var deviation = Math.Sqrt((from i in Enumerable.Range(0, d) from j in Enumerable.Range(0, d) select Math.Pow(gram[i][j] - (i == j ? alpha : 0), 2)).Sum()) / (alpha * Math.Sqrt(d));
        var mean = Enumerable.Range(0, d).Select(at => e.Average(token => token[at])).ToArray();
        Assert.That((row.Tokens, row.Width), Is.EqualTo((e.Length, d)));
        Assert.That(row.Alpha, Is.EqualTo(alpha).Within(1e-9).Percent);
        Assert.That(row.Deviation, Is.EqualTo(deviation).Within(1e-9));
        Assert.That(row.Cosine, Is.EqualTo(square / Math.Sqrt(d * gram.Sum(line => NaiveWeights.Dot(line, line)))).Within(1e-9));
        Assert.That(row.MeanShare, Is.EqualTo(e.Length * NaiveWeights.Dot(mean, mean) / square).Within(1e-9));
    }
}
