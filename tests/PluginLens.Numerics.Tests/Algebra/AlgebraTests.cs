using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Tests.Algebra;

[TestFixture]
internal sealed class AlgebraTests
{
    private static readonly KernelWidth[] Widths = Enum.GetValues<KernelWidth>();
    private readonly CpuCompute compute = new(2);

    [Test]
    public void Gram_AnyWidthAndStrides_EqualsNaive([ValueSource(nameof(Widths))] KernelWidth width)
    {
        var random = new Random(1);
        foreach (var (n, r, m) in new[] { (1, 1, 1), (2500, 31, 50), (100, 7, 3), (1025, 64, 24), (0, 3, 4) })
        {
            var a = Numbers.Transposed(Numbers.Gaussian(random, n, r));
            var b = Numbers.Gaussian(random, n, m);
            var gram = new CpuCompute(2, default, null, width).Gram(a, b);
            var expected = Naive(Transpose(Dense.Rows(a), r), Dense.Rows(b), m);
            Assert.That(gram.Data, Is.EqualTo(expected.SelectMany(row => row)).Within(1e-10));
        }
    }

    [Test]
    public void Gram_AnyThreads_SameBytes()
    {
        var random = new Random(2);
        var (a, b) = (Numbers.Gaussian(random, 3000, 70), Numbers.Gaussian(random, 3000, 45));
        Assert.That(new CpuCompute(8).Gram(a, b).Data, Is.EqualTo(new CpuCompute(1).Gram(a, b).Data));
    }

    [Test]
    public void Multiply64_RandomShapes_EqualsNaive()
    {
        var random = new Random(3);
        foreach (var (n, r, m) in new[] { (1, 5, 1), (67, 33, 129), (40, 2100, 9) })
        {
            var (a, b) = (Wide(random, n, r), Wide(random, r, m));
            var expected = Naive(Rows(a), Rows(b), m);
            Assert.That(compute.Multiply(a, b).Data, Is.EqualTo(expected.SelectMany(row => row)).Within(1e-10));
        }
    }

    [Test]
    public void MeanRow_OfStridedMatrix_IsTheMean()
    {
        var a = Numbers.Strided(Numbers.Gaussian(new Random(4), 300, 11));
        var rows = Dense.Rows(a);
        Assert.That(compute.MeanRow(a), Is.EqualTo(Enumerable.Range(0, 11).Select(j => rows.Average(row => row[j]))).Within(1e-12));
    }

    [Test]
    public void Correlations_KernelForm_EqualsPearsonOverTheVocabulary()
    {
        var random = new Random(5);
        var (e1, e2) = (Shifted(random, 700, 24), Shifted(random, 700, 16));
        var (x, y) = (Shifted(random, 65, 24), Shifted(random, 131, 16));
        var kernel = compute.PearsonKernel(e1, e2);
        var expected = NaivePearson(Naive(Dense.Rows(x), Transpose(Dense.Rows(e1), 24), 700), Naive(Dense.Rows(y), Transpose(Dense.Rows(e2), 16), 700));
        Assert.That(compute.Correlations(kernel, x, y).Data, Is.EqualTo(expected).Within(1e-12));
        var means = compute.MeanAbsoluteCorrelations(kernel, [x.Slice(0, 3), x], [y, y.Slice(1, 2)]);
        Assert.That((means.Rows, means.Columns), Is.EqualTo((2, 2)));
        Assert.That(means[1, 0], Is.EqualTo(expected.Average(Math.Abs)).Within(1e-12));
        Assert.That(means[0, 0], Is.EqualTo(expected.Take(3 * 131).Average(Math.Abs)).Within(1e-12));
        Assert.That(means[0, 1], Is.EqualTo(compute.Correlations(kernel, x.Slice(0, 3), y.Slice(1, 2)).Data.Average(Math.Abs)).Within(1e-12));
        Assert.That(new CpuCompute(8).MeanAbsoluteCorrelations(kernel, [x], [y]).Data, Is.EqualTo(new CpuCompute(1).MeanAbsoluteCorrelations(kernel, [x], [y]).Data));
    }

    [Test]
    public void Correlations_RawForm_EqualsPearsonOverCoordinates()
    {
        var random = new Random(6);
        var (x, y) = (Shifted(random, 65, 40), Shifted(random, 131, 40));
        var expected = NaivePearson(Dense.Rows(x), Dense.Rows(y));
        Assert.That(compute.Correlations(x, y).Data, Is.EqualTo(expected).Within(1e-12));
        Assert.That(compute.MeanAbsoluteCorrelations([x], [y])[0, 0], Is.EqualTo(expected.Average(Math.Abs)).Within(1e-12));
    }

    [Test]
    public void Correlations_ConstantVectors_AreZero()
    {
        var random = new Random(7);

        // The last coordinate of every embedding is 1: the vector along it is constant over the vocabulary.
        var e = Numbers.Make(300, 5, () => (float)Numbers.Normal(random)).Data.ToArray();
        for (var row = 0; row < 300; row++)
        {
            e[(row * 5) + 4] = 1;
        }

        var embedding = new Matrix(e, 300, 5);
        var x = new Matrix(new float[] { 0, 0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, 3, 5);
        var found = compute.Correlations(compute.PearsonKernel(embedding, embedding), x, x);
        Assert.That(found.Data, Is.EqualTo(new double[] { 0, 0, 0, 0, 1, 0, 0, 0, 0 }).Within(1e-12));
        Assert.That(compute.Correlations(Numbers.Make(2, 9, () => 7), Numbers.Gaussian(random, 3, 9)).Data, Is.All.Zero);
    }

    /// <summary>Where all embeddings agree in a coordinate, the variance along it is the difference of two equal numbers: what is left is rounding, now and then above zero.</summary>
    [Test]
    public void Correlations_ConstantVectorsOfUnevenNumbers_AreZero()
    {
        var random = new Random(7);
        for (var trial = 0; trial < 60; trial++)
        {
            var value = (float)(random.NextDouble() + 0.1);
            var e = Numbers.Make(301, 5, () => (float)Numbers.Normal(random)).Data.ToArray();
            for (var row = 0; row < 301; row++)
            {
                e[(row * 5) + 4] = value;
            }

            var embedding = new Matrix(e, 301, 5);
            var along = new Matrix(new[] { 0, 0, 0, 0, (float)random.NextDouble() + 0.1f }, 1, 5);
            var found = compute.Correlations(compute.PearsonKernel(embedding, embedding), along, Numbers.Gaussian(random, 4, 5));
            Assert.That(found.Data, Is.All.Zero, $"trial {trial}");
        }

        Assert.That(compute.Correlations(Numbers.Make(2, 9, () => 0.1f), Numbers.Gaussian(random, 3, 9)).Data, Is.All.Zero);
    }

    [Test]
    public void StitchKernel_OfARotatedTwin_IsItsInverse()
    {
        var random = new Random(8);
        var a = Numbers.Gaussian(random, 400, 12);
        var r = Numbers.Gaussian(random, 12, 12);
        var kernel = compute.StitchKernel(a, compute.Multiply(a, r));
        var product = Naive(Rows(kernel), Transpose(Dense.Rows(r), 12).Select(row => row.ToArray()).ToArray(), 12);

        // E_B = E_A R gives K = R⁻ᵀ: hidden states h that meet E_A meet E_B as h K.
        Assert.That(product.SelectMany(row => row), Is.EqualTo(Identity(12).Data).Within(1e-4));
    }

    [Test]
    public void TransposedPseudoInverse_TimesItsMatrix_IsIdentity()
    {
        var e = Numbers.Gaussian(new Random(9), 1500, 20);
        Assert.That(compute.Gram(compute.TransposedPseudoInverse(e), e).Data, Is.EqualTo(Identity(20).Data).Within(1e-6));
    }

    [Test]
    public void Solve_PositiveDefinite_SolvesAndDependentIsRefused()
    {
        var random = new Random(10);
        var e = Numbers.Gaussian(random, 60, 25);
        var (s, b) = (compute.Gram(e, e), Wide(random, 25, 3));
        Assert.That(compute.Multiply(s, compute.Solve(s, b)).Data, Is.EqualTo(b.Data).Within(1e-10));
        var dependent = Numbers.Make(60, 3, () => 1);
        Assert.That(() => compute.Solve(compute.Gram(dependent, dependent), compute.Gram(dependent, dependent)), Throws.ArgumentException.With.Message.Contains("column 1"));
    }

    [TestCase(40, 30, 8)]
    [TestCase(500, 300, 64)]
    [TestCase(5, 9, 8)]
    [TestCase(9, 1, 4)]
    [TestCase(20, 20, 1)]
    public void Svd_OfFactors_RebuildsWithOrthonormalVectorsAndFixedSigns(int n, int m, int r)
    {
        var random = new Random(n + m + r);
        AssertSvd(Numbers.Gaussian(random, n, r), Numbers.Transposed(Numbers.Gaussian(random, m, r)));
    }

    [Test]
    public void Svd_OfDependentOrZeroFactors_StaysOrthonormal([Values] bool zero)
    {
        var random = new Random(11);
        AssertSvd(zero ? Numbers.Make(30, 6, () => 0) : compute.Multiply(Numbers.Gaussian(random, 30, 2), Numbers.Gaussian(random, 2, 6)), Numbers.Gaussian(random, 25, 6));
    }

    /// <summary>Equal entries differ by their rounding, which must not choose: the first decides.</summary>
    [Test]
    public void Svd_TiedEntries_TheFirstIsPositive()
    {
        var one = compute.Svd(new Matrix(new float[] { 2, 0, 0 }, 3, 1), new Matrix(new float[] { 1, -1 }, 2, 1));
        Assert.That(one.V.Data, Is.EqualTo(new[] { Math.Sqrt(0.5), -Math.Sqrt(0.5) }).Within(1e-15));
        Assert.That(one.U.Data, Is.EqualTo(new double[] { 1, 0, 0 }).Within(1e-15));

        var random = new Random(15);
        for (var trial = 0; trial < 50; trial++)
        {
            // One right vector whose entries are all of one size, in a product of rank one.
            var signs = Enumerable.Range(0, random.Next(2, 40)).Select(_ => random.Next(2) == 0 ? 0.3f : -0.3f).ToArray();
            var svd = compute.Svd(Numbers.Gaussian(random, 7, 1), new Matrix(signs, signs.Length, 1));
            Assert.That(svd.V.Data, Is.EqualTo(signs.Select(sign => Math.Sign(sign) * Math.Sign(signs[0]) / Math.Sqrt(signs.Length))).Within(1e-12), $"trial {trial}");
        }
    }

    [Test]
    public void Eigenvalues_OfAGram_AreSquaredSingularValues([Values(1, 2, 3, 30, 150)] int n)
    {
        var e = Numbers.LogNormalRows(new Random(n), 200, n, 0.5);
        var values = compute.Svd(e, Single(Identity(n))).S;
        Assert.That(compute.Eigenvalues(compute.Gram(e, e)), Is.EqualTo(values.Select(v => v * v)).Within(1e-10 * values[0] * values[0]));
    }

    [Test]
    public void Eigenvalues_OfKnownMatrices_AreKnown()
    {
        // The second difference of n points: 2 - 2 cos(pi j / (n + 1)).
        var s = new Matrix64(50, 50);
        for (var i = 0; i < 50; i++)
        {
            s[i, i] = 2;
            if (i > 0)
            {
                s[i, i - 1] = -1;
            }
        }

        Assert.That(compute.Eigenvalues(s), Is.EqualTo(Enumerable.Range(1, 50).Select(j => 2 - (2 * Math.Cos(Math.PI * (51 - j) / 51)))).Within(1e-12));
        Assert.That(compute.Eigenvalues(new Matrix64([0, 0, 5, 0], 2, 2)), Is.EqualTo(new double[] { 5, -5 }).Within(1e-14));
        Assert.That(compute.Eigenvalues(Identity(7)), Is.All.EqualTo(1).Within(1e-15));
    }

    [Test]
    public void Assign_UpToEight_EqualsBruteForce()
    {
        var random = new Random(12);
        for (var trial = 0; trial < 60; trial++)
        {
            int n = random.Next(1, 9), m = random.Next(1, 9);
            var cost = new Matrix64(n, m);
            for (var i = 0; i < cost.Data.Length; i++)
            {
                cost.Data[i] = trial % 2 == 0 ? random.Next(-4, 5) : Numbers.Normal(random);
            }

            var found = compute.Assign(cost);
            Assert.That(found.Count(column => column >= 0), Is.EqualTo(Math.Min(n, m)));
            Assert.That(found.Where(column => column >= 0), Is.Unique);
            Assert.That(Total(cost, found), Is.EqualTo(BruteForce(cost)).Within(1e-12));
        }
    }

    [Test]
    public void Assign_AllTied_TakesTheLowerIndices()
    {
        Assert.That(compute.Assign(new Matrix64(4, 6)), Is.EqualTo(new[] { 0, 1, 2, 3 }));
        Assert.That(compute.Assign(new Matrix64(6, 4)), Is.EqualTo(new[] { 0, 1, 2, 3, -1, -1 }));
    }

    [Test]
    public void Assign_PermutedIdentity_IsThePermutation()
    {
        var permutation = Enumerable.Range(0, 40).ToArray();
        new Random(13).Shuffle(permutation);
        var cost = new Matrix64(40, 40);
        for (var i = 0; i < 40; i++)
        {
            cost[i, permutation[i]] = -1;
        }

        Assert.That(compute.Assign(cost), Is.EqualTo(permutation));
        cost[3, 4] = double.NaN;
        Assert.That(() => compute.Assign(cost), Throws.ArgumentException.With.Message.Contains("row 3, column 4"));
    }

    [Test]
    public void KeepLargest_WithTies_KeepsLowestIndices([Values(0, 1, 5, 40, 99, 100, 200)] int k)
    {
        var random = new Random(14);
        var x = Numbers.Integers(random, 20, 100, 6);
        var kept = compute.KeepLargest(x, k);
        for (var row = 0; row < 20; row++)
        {
            var values = x.Row(row).ToArray();
            var expected = new float[100];
            foreach (var i in Enumerable.Range(0, 100).OrderByDescending(i => Math.Abs(values[i])).Take(k))
            {
                expected[i] = values[i];
            }

            Assert.That(kept.Row(row).ToArray(), Is.EqualTo(expected));
        }
    }

    private void AssertSvd(Matrix a, Matrix b)
    {
        var svd = compute.Svd(a, b);
        double[][] left = Dense.Rows(a), right = Dense.Rows(b);
        for (var i = 0; i < a.Rows; i++)
        {
            for (var j = 0; j < b.Rows; j++)
            {
                var sum = 0.0;
                for (var k = 0; k < svd.S.Length; k++)
                {
                    sum += svd.U[i, k] * svd.S[k] * svd.V[j, k];
                }

                Assert.That(sum, Is.EqualTo(Dense.Dot(left[i], right[j])).Within(1e-10));
            }
        }

        Assert.That(svd.S, Is.Ordered.Descending);
        Assert.That(compute.Multiply(svd.U.Transpose(), svd.U).Data, Is.EqualTo(Identity(svd.S.Length).Data).Within(1e-10));
        Assert.That(compute.Multiply(svd.V.Transpose(), svd.V).Data, Is.EqualTo(Identity(svd.S.Length).Data).Within(1e-10));
        for (var k = 0; k < svd.S.Length; k++)
        {
            Assert.That(Enumerable.Range(0, b.Rows).Select(j => svd.V[j, k]).MaxBy(Math.Abs), Is.Positive);
        }
    }

    private static double Total(Matrix64 cost, int[] columns) =>
        columns.Select((column, row) => column < 0 ? 0 : cost[row, column]).Sum();

    private static double BruteForce(Matrix64 cost)
    {
        var narrow = cost.Rows <= cost.Columns ? cost : cost.Transpose();
        return Best(0, 0);

        double Best(int row, int used) => row == narrow.Rows ? 0 : Enumerable.Range(0, narrow.Columns)
            .Where(column => (used & (1 << column)) == 0).Min(column => narrow[row, column] + Best(row + 1, used | (1 << column)));
    }

    private static Matrix Shifted(Random random, int rows, int columns) => Numbers.Make(rows, columns, () => (float)(0.3 + Numbers.Normal(random)));

    private static Matrix64 Wide(Random random, int rows, int columns)
    {
        var result = new Matrix64(rows, columns);
        for (var i = 0; i < result.Data.Length; i++)
        {
            result.Data[i] = Numbers.Normal(random);
        }

        return result;
    }

    private static Matrix64 Identity(int n)
    {
        var result = new Matrix64(n, n);
        for (var i = 0; i < n; i++)
        {
            result[i, i] = 1;
        }

        return result;
    }

    private static Matrix Single(Matrix64 matrix) => matrix.ToMatrix();

    private static double[][] Rows(Matrix64 matrix) => [.. Enumerable.Range(0, matrix.Rows).Select(i => matrix.Row(i).ToArray())];

    private static double[][] Transpose(double[][] rows, int columns) =>
        [.. Enumerable.Range(0, columns).Select(j => rows.Select(row => row[j]).ToArray())];

    private static double[][] Naive(double[][] a, double[][] b, int columns)
    {
        var result = new double[a.Length][];
        for (var i = 0; i < a.Length; i++)
        {
            result[i] = new double[columns];
            for (var k = 0; k < b.Length; k++)
            {
                for (var j = 0; j < columns; j++)
                {
                    result[i][j] += a[i][k] * b[k][j];
                }
            }
        }

        return result;
    }

    private static double[] NaivePearson(double[][] x, double[][] y)
    {
        return [.. from p in x.Select(Centred).ToArray() from q in y.Select(Centred).ToArray() select p.Zip(q, (u, v) => u * v).Sum()];

        static double[] Centred(double[] values)
        {
            var mean = values.Average();
            var norm = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)));
            return [.. values.Select(v => (v - mean) / norm)];
        }
    }
}
