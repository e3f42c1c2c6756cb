using System.Runtime.CompilerServices;

namespace PluginLens.Plugins.Circuits;

/// <summary>
/// The factors of <c>M = A Bᵀ</c> as <c>--center</c> and <c>--cosine</c> compare them, in low rank. Tokens minus their mean: each factor minus its mean row. Lengths
/// are those in the space of the residual stream: of each output token's vector, and of what a row reaches there, <c>a_i R</c> with R (d_head x d_model) what the head writes or matches with.
/// </summary>
internal static class ComparedFactors
{
    /// <summary>A vector is zero where only rounding of float32 is left of it.</summary>
    private const double Rounding = 1e-6;

    /// <summary>A worse conditioned R is not inverted: the search is only slower.</summary>
    private const double Condition = 100;

    /// <summary>Changes the factors so that entries of their product are the scores; nothing where nothing is asked for.</summary>
    /// <param name="compute">The compute service.</param>
    /// <param name="options">The options.</param>
    /// <param name="factors">A and B, <c>V x d_head</c> each; may be overwritten.</param>
    /// <param name="reach">R, <c>d_head x d_model</c>.</param>
    /// <param name="outputs">The vectors of the tokens on B's side.</param>
    public static (float[] Rows, float[] Columns) Of(Compute compute, VectorOptions options, (float[] Rows, float[] Columns) factors, Func<Matrix> reach, Func<NormedVocabulary> outputs)
    {
        var (rows, columns) = factors;
        if (!options.Center && options.Cosine == CosineOf.None)
        {
            return factors;
        }

        var r = reach();
        var width = r.Rows;
        if (options.Center)
        {
            Centre(compute, rows, width);
            Centre(compute, columns, width);
        }

        if (options.Cosine == CosineOf.None)
        {
            return factors;
        }

        // R = U S Vᵀ: rows of A U S are as long as a_i R, and B U / S is B's projection on what R reaches, no longer than the tokens. Their product is M, and short
        // columns end the search early, which in the head's own coordinates they would not.
        var svd = compute.Svd(Identity(width), r.Transpose());
        var reached = compute.Multiply(new Matrix(rows, rows.Length / width, width), Scaled(svd, value => value)).Data.ToArray();
        var lengths = Lengths(reached, svd.S.Length);
        var (original, least) = (Lengths(rows, width), Rounding * svd.S.Max());
        if (svd.S.Length == width && svd.S.Min() * Condition > svd.S.Max())
        {
            rows = reached;
            columns = compute.Multiply(new Matrix(columns, columns.Length / width, width), Scaled(svd, value => 1 / value)).Data.ToArray();
        }

        var vocabulary = options.Center ? outputs().Centred : outputs();
        Divide(columns, width, token => vocabulary.Lengths[token]);
        if (options.Cosine == CosineOf.Both)
        {
            Divide(rows, width, token => lengths[token] <= least * original[token] ? 0 : lengths[token]);
        }

        return (rows, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Centre(Compute compute, float[] rows, int width)
    {
        var mean = compute.MeanRow(new Matrix(rows, rows.Length / width, width));
        var meanLength = Math.Sqrt(mean.Sum(value => value * value));
        for (var start = 0; start < rows.Length; start += width)
        {
            double before = 0, after = 0;
            var row = rows.AsSpan(start, width);
            for (var at = 0; at < width; at++)
            {
                var centred = row[at] - mean[at];
                before += (double)row[at] * row[at];
                after += centred * centred;
                row[at] = (float)centred;
            }

            if (Math.Sqrt(after) <= Rounding * (Math.Sqrt(before) + meanLength))
            {
                row.Clear();
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Divide(float[] rows, int width, Func<int, double> length)
    {
        for (var token = 0; token < rows.Length / width; token++)
        {
            var divisor = length(token);
            foreach (ref var value in rows.AsSpan(token * width, width))
            {
                value = divisor == 0 ? 0 : (float)(value / divisor);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double[] Lengths(float[] rows, int width)
    {
        var lengths = new double[rows.Length / width];
        for (var token = 0; token < lengths.Length; token++)
        {
            var square = 0.0;
            foreach (var value in rows.AsSpan(token * width, width))
            {
                square += (double)value * value;
            }

            lengths[token] = Math.Sqrt(square);
        }

        return lengths;
    }

    private static Matrix Identity(int size)
    {
        var data = new float[size * size];
        for (var at = 0; at < size; at++)
        {
            data[(at * size) + at] = 1;
        }

        return new Matrix(data, size, size);
    }

    /// <summary>U with each column times a function of its singular value.</summary>
    private static Matrix Scaled(ThinSvd svd, Func<double, double> by)
    {
        var scaled = new float[svd.U.Rows * svd.U.Columns];
        for (var at = 0; at < scaled.Length; at++)
        {
            scaled[at] = (float)(svd.U.Data[at] * by(svd.S[at % svd.U.Columns]));
        }

        return new Matrix(scaled, svd.U.Rows, svd.U.Columns);
    }
}
