using PluginLens.Numerics;

namespace PluginLens.Plugins.Tests;

/// <summary>The processor's compute service, which counts the operations that no way round saves: two for each multiply-add of the products asked for.</summary>
internal sealed class CountingCompute : Compute
{
    private readonly CpuCompute _compute = new(threads: 1);

    public double Flops { get; private set; }

    public override int Threads => _compute.Threads;

    public override IReadOnlyList<ScoredPair> TopPairs(Matrix a, Matrix b, PairQuery query)
    {
        Add(Kept(a, query.KeepRows), a.Columns, Kept(b, query.KeepColumns));
        return _compute.TopPairs(a, b, query);
    }

    public override RowTopK TopRows(Matrix x, Matrix b, RowQuery query)
    {
        Add(x.Rows, x.Columns, Kept(b, query.Keep));
        return _compute.TopRows(x, b, query);
    }

    public override Matrix Multiply(Matrix a, Matrix b)
    {
        Add(a.Rows, a.Columns, b.Columns);
        return _compute.Multiply(a, b);
    }

    public override Matrix64 Gram(Matrix a, Matrix b)
    {
        Add(a.Columns, a.Rows, b.Columns);
        return _compute.Gram(a, b);
    }

    public override Matrix64 Multiply(Matrix64 a, Matrix64 b)
    {
        Add(a.Rows, a.Columns, b.Columns);
        return _compute.Multiply(a, b);
    }

    public override double[] MeanRow(Matrix a) => _compute.MeanRow(a);

    public override PearsonKernel PearsonKernel(Matrix e1, Matrix e2)
    {
        Add(e1.Columns, e1.Rows, e1.Columns + e2.Columns);
        Add(e2.Columns, e2.Rows, e2.Columns);
        return _compute.PearsonKernel(e1, e2);
    }

    public override Matrix64 Correlations(PearsonKernel kernel, Matrix x, Matrix y)
    {
        Add(x.Rows, y.Columns, y.Rows);
        return _compute.Correlations(kernel, x, y);
    }

    public override Matrix64 Correlations(Matrix x, Matrix y)
    {
        Add(x.Rows, x.Columns, y.Rows);
        return _compute.Correlations(x, y);
    }

    public override Matrix64 MeanAbsoluteCorrelations(PearsonKernel kernel, IReadOnlyList<Matrix> x, IReadOnlyList<Matrix> y)
    {
        Add(x.Sum(group => group.Rows), y[0].Columns, y.Sum(group => group.Rows));
        return _compute.MeanAbsoluteCorrelations(kernel, x, y);
    }

    public override Matrix64 MeanAbsoluteCorrelations(IReadOnlyList<Matrix> x, IReadOnlyList<Matrix> y)
    {
        Add(x.Sum(group => group.Rows), y[0].Columns, y.Sum(group => group.Rows));
        return _compute.MeanAbsoluteCorrelations(x, y);
    }

    public override Matrix64 Solve(Matrix64 s, Matrix64 b) => _compute.Solve(s, b);

    public override Matrix64 StitchKernel(Matrix a, Matrix b)
    {
        Add(b.Columns, b.Rows, a.Columns + b.Columns);
        return _compute.StitchKernel(a, b);
    }

    public override Matrix TransposedPseudoInverse(Matrix e)
    {
        Add(e.Columns, e.Rows, 2 * e.Columns);
        return _compute.TransposedPseudoInverse(e);
    }

    public override ThinSvd Svd(Matrix a, Matrix b) => _compute.Svd(a, b);

    public override double[] Eigenvalues(Matrix64 s)
    {
        Flops += 4.0 / 3 * s.Rows * s.Rows * s.Rows;
        return _compute.Eigenvalues(s);
    }

    public override int[] Assign(Matrix64 cost) => _compute.Assign(cost);

    public override Matrix KeepLargest(Matrix x, int k) => _compute.KeepLargest(x, k);

    public override Matrix64 PrincipalComponents(Matrix x, int components)
    {
        Add(x.Rows, x.Columns, x.Rows);
        return _compute.PrincipalComponents(x, components);
    }

    public override (Matrix64 Map, double Divergence) TSne(Matrix x, int components, double perplexity, double learningRate, int steps)
    {
        Add(x.Rows, x.Columns, x.Rows);
        Flops += (double)steps * x.Rows * x.Rows * 2 * components;
        return _compute.TSne(x, components, perplexity, learningRate, steps);
    }

    public override Matrix64 Umap(Matrix x, int components, int neighbours, double leastDistance, int epochs, int seed)
    {
        // What a row says of its neighbours sums up to log2 of them: so often it is moved in an epoch, and five times pushed.
        Add(x.Rows, x.Columns, x.Rows);
        Flops += epochs * x.Rows * Math.Log2(neighbours) * 6 * (20 + (6 * components));
        return _compute.Umap(x, components, neighbours, leastDistance, epochs, seed);
    }

    private static int Kept(Matrix matrix, bool[]? keep) => keep?.Count(kept => kept) ?? matrix.Rows;

    private void Add(double rows, double depth, double columns) => Flops += 2 * rows * depth * columns;
}
