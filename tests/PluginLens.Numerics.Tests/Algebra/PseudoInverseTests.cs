using PluginLens.Numerics.Algebra;

namespace PluginLens.Numerics.Tests.Algebra;

/// <summary>Penrose's four conditions for embeddings of any rank.</summary>
internal sealed class PseudoInverseTests
{
    private readonly CpuCompute compute = new(2);

    [TestCase(300, 20, 20, TestName = "full rank")]
    [TestCase(300, 20, 19, TestName = "one column short")]
    [TestCase(300, 20, 7, TestName = "many columns short")]
    [TestCase(12, 20, 12, TestName = "fewer tokens than dimensions")]
    [TestCase(50, 6, 0, TestName = "zeros")]
    public void TransposedPseudoInverse_AnyRank_SatisfiesPenrose(int rows, int columns, int rank)
    {
        var random = new Random(rank + rows);
        var e = rank == columns && rows > columns ? Numbers.Gaussian(random, rows, columns) : rank == 0
            ? Numbers.Make(rows, columns, () => 0)
            : compute.Multiply(Numbers.Gaussian(random, rows, rank), Numbers.Gaussian(random, rank, columns));
        var p = compute.TransposedPseudoInverse(e);

        var (ep, pe) = (Product(e, p), Product(p, e)); // E E⁺ (as rows of E times rows of the transposed inverse) and its transpose
        Assert.That(Through(ep, e), Is.EqualTo(Flat(e)).Within(2e-5), "E E⁺ E = E");
        Assert.That(Through(pe, p), Is.EqualTo(Flat(p)).Within(2e-5), "E⁺ E E⁺ = E⁺");
        Assert.That(ep.SelectMany(row => row), Is.EqualTo(pe.SelectMany(row => row)).Within(2e-5), "E E⁺ is symmetric");
        var inner = compute.Gram(p, e);
        Assert.That(inner.Data, Is.EqualTo(inner.Transpose().Data).Within(2e-5), "E⁺ E is symmetric");
    }

    [Test]
    public void StitchKernel_OfCentredTwins_IsTheRotationWhereTheEmbeddingsReach()
    {
        // Rows without a mean over d_model, as centring leaves them: the direction of ones is out of reach.
        var random = new Random(8);
        var a = Centred(random, 400, 12);
        var kernel = compute.StitchKernel(a, a);

        for (var i = 0; i < 12; i++)
        {
            for (var j = 0; j < 12; j++)
            {
                Assert.That(kernel[i, j], Is.EqualTo((i == j ? 1 : 0) - (1 / 12.0)).Within(1e-6));
            }
        }
    }

    [Test]
    public void Solve_RankedSides_AgreesWithCholesky()
    {
        var random = new Random(9);
        var e = Numbers.Gaussian(random, 90, 15);
        var (s, b) = (compute.Gram(e, e), compute.Gram(e, Numbers.Gaussian(random, 90, 4)));
        Assert.That(PseudoInverse.Solve(s, b).Data, Is.EqualTo(Cholesky.Solve(s, b).Data), "full rank takes the plain way");
    }

    private static Matrix Centred(Random random, int rows, int columns)
    {
        var data = Numbers.Gaussian(random, rows, columns).Data.ToArray();
        for (var row = 0; row < rows; row++)
        {
            var mean = data.AsSpan(row * columns, columns).ToArray().Average();
            for (var column = 0; column < columns; column++)
            {
                data[(row * columns) + column] -= mean;
            }
        }

        return new Matrix(data, rows, columns);
    }

    private static double[][] Product(Matrix a, Matrix b) => [.. Dense.Rows(a).Select(x => Dense.Rows(b).Select(y => Dense.Dot(x, y)).ToArray())];

    private static double[] Through(double[][] square, Matrix e)
    {
        var rows = Dense.Rows(e);
        return [.. square.SelectMany(weights => Enumerable.Range(0, e.Columns).Select(at => weights.Zip(rows, (weight, row) => weight * row[at]).Sum()))];
    }

    private static IEnumerable<double> Flat(Matrix e) => Dense.Rows(e).SelectMany(row => row);
}
