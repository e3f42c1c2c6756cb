using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Tests.Search;

/// <summary>Scores that float32 cannot tell apart: the exact list all the same.</summary>
[TestFixture]
internal sealed class NearTieTests
{
    private static readonly KernelWidth[] Widths = Enum.GetValues<KernelWidth>();

    [Test]
    public void TopPairs_ScoresThatDifferInTheLastBits_EqualsDenseSort([ValueSource(nameof(Widths))] KernelWidth width, [Values(8, 64, 300)] int depth)
    {
        var random = new Random(depth);
        var (a, b) = (Near(random, 60, depth), Near(random, 90, depth));
        foreach (var k in new[] { 1, 20, 200 })
        {
            Assert.That(new CpuCompute(2, default, null, width).TopPairs(a, b, new PairQuery { K = k }), Is.EqualTo(Dense.TopPairs(a, b, new PairQuery { K = k })));
        }
    }

    [Test]
    public void TopRows_ScoresThatDifferInTheLastBits_EqualsDenseSort([ValueSource(nameof(Widths))] KernelWidth width, [Values] RowOrder order, [Values(8, 64, 300)] int depth)
    {
        var random = new Random(depth);
        var (x, b) = (Near(random, 9, depth), Near(random, 2500, depth));
        var query = new RowQuery { K = 10, Order = order };
        var found = new CpuCompute(2, default, null, width).TopRows(x, b, query);
        double[][] left = Dense.Rows(x), right = Dense.Rows(b);
        for (var row = 0; row < 9; row++)
        {
            Assert.That(found.IdsOf(row).ToArray(), Is.EqualTo(Dense.TopRow(left[row], right, query).Ids));
        }
    }

    [Test]
    public void TopRows_RoundingThatAddsUp_StaysWithinTheBound([ValueSource(nameof(Widths))] KernelWidth width)
    {
        var (ones, b) = Biased();
        Assert.That(new CpuCompute(1, default, null, width).TopRows(ones, b, new RowQuery { K = 1 }).Ids, Is.EqualTo(new[] { b.Rows - 1 }));
    }

    [Test]
    public void TopPairs_RoundingThatAddsUp_StaysWithinTheBound([ValueSource(nameof(Widths))] KernelWidth width)
    {
        var (ones, b) = Biased();
        Assert.That(new CpuCompute(1, default, null, width).TopPairs(ones, b, new PairQuery { K = 1 })[0].Column, Is.EqualTo(b.Rows - 1));
    }

    // Rows that differ from one another in the last bits only.
    private static Matrix Near(Random random, int rows, int columns)
    {
        var row = Enumerable.Range(0, columns).Select(_ => (float)Numbers.Normal(random)).ToArray();
        var data = new float[rows * columns];
        for (var i = 0; i < data.Length; i++)
        {
            data[i] = row[i % columns] * (1 + ((float)random.Next(-8, 9) / (1 << 23)));
        }

        return new Matrix(data, rows, columns);
    }

    // The last row's sum is the largest, but float32 rounds it down at every second step: not like a random walk, but by nearly all that the bound allows.
    private static (Matrix Ones, Matrix B) Biased()
    {
        const int Depth = 4096, Rows = 300;
        var b = new float[Rows * Depth];
        Array.Fill(b, 1f);
        for (var row = 0; row < Rows - 1; row++)
        {
            b[row * Depth] = 1.3125f; // 4096.3125, exact in float32
        }

        b.AsSpan((Rows - 1) * Depth).Fill(1 + (0.48f / Depth)); // 4096.48, of which float32 loses about 0.24
        return (Numbers.Make(1, Depth, () => 1), new Matrix(b, Rows, Depth));
    }
}
