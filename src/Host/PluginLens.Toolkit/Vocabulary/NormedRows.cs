using System.Numerics;
using System.Runtime.CompilerServices;

namespace PluginLens.Toolkit;

/// <summary>The rows of a vocabulary under a norm, made one at a time in float64: <c>(e_t - mean) / scale * w + b</c>, and with what <see cref="NormedVocabulary.Written"/> says their own mean taken away.</summary>
/// <param name="rows">The vocabulary, <c>V x d_model</c>.</param>
/// <param name="moments">What is taken from each row, and what it is divided by, <c>[V]</c>.</param>
/// <param name="gain">w, <c>[d_model]</c>.</param>
/// <param name="bias">b, <c>[d_model]</c>.</param>
/// <param name="centresLast">Whether each row's own mean is taken away behind the gain.</param>
internal sealed class NormedRows(Matrix rows, (double Mean, double Scale)[] moments, double[] gain, double[] bias, bool centresLast)
{
    /// <summary>A row that is its mean but for rounding: shorter than this times the length of the mean.</summary>
    private const double Zero = 1e-12;

    /// <summary>The vocabulary as it is, <c>V x d_model</c>.</summary>
    public Matrix Rows => rows;

    /// <summary>What is taken from each row, and what it is divided by, before the gain, <c>[V]</c>.</summary>
    public (double Mean, double Scale)[] Moments => moments;

    /// <summary>w, <c>[d_model]</c>.</summary>
    public double[] Gain => gain;

    /// <summary>b, <c>[d_model]</c>.</summary>
    public double[] Bias => bias;

    /// <summary>Whether each row's own mean is taken away behind the gain.</summary>
    public bool CentresLast => centresLast;

    /// <summary>The same without b.</summary>
    public NormedRows Unbiased => new(rows, moments, gain, new double[bias.Length], centresLast);

    /// <summary>Reads every row once for its mean and scale.</summary>
    /// <param name="rows">The vocabulary, <c>V x d_model</c>.</param>
    /// <param name="norm">The norm; null = the rows as they are.</param>
    public static (double Mean, double Scale)[] MomentsOf(Matrix rows, ModelNorm? norm)
    {
        var moments = new (double Mean, double Scale)[rows.Rows];
        if (norm is null)
        {
            Array.Fill(moments, (0, 1));
            return moments;
        }

        RowBlocks.ForEach(rows, (start, block) =>
        {
            for (var row = 0; row < block.Rows; row++)
            {
                moments[start + row] = norm.Moments(block.Row(row));
            }
        });
        return moments;
    }

    /// <summary>Length of each row, <c>[V]</c>; 0 for those that are what is subtracted.</summary>
    /// <param name="subtracted">What is taken from each row first, <c>[d_model]</c>; null = nothing.</param>
    public double[] Lengths(double[]? subtracted)
    {
        var lengths = new double[rows.Rows];
        if (subtracted is null && !centresLast)
        {
            RowBlocks.ForEach(rows, (start, block) =>
            {
                for (var place = 0; place < block.Rows; place++)
                {
                    lengths[start + place] = NormedLength(block.Row(place), start + place);
                }
            });
            return lengths;
        }

        var meanLength = subtracted is null ? 0 : Length(subtracted);
        ForEachRow((token, row) =>
        {
            Add(row, subtracted, sign: -1);
            var length = Length(row);
            lengths[token] = length <= Zero * meanLength ? 0 : length;
        });
        return lengths;
    }

    /// <summary>The length of a row of which no mean is taken, without making the row: each layer of a model asks for those of the whole vocabulary.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double NormedLength(ReadOnlySpan<float> values, int token)
    {
        var (mean, inverse) = (moments[token].Mean, 1 / moments[token].Scale);
        var (means, inverses, even, odd) = (new Vector<double>(mean), new Vector<double>(inverse), Vector<double>.Zero, Vector<double>.Zero);
        var at = 0;
        for (; at <= values.Length - Vector<float>.Count; at += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(values[at..]), out var low, out var high);
            low = Vector.FusedMultiplyAdd((low - means) * inverses, new Vector<double>(gain, at), new Vector<double>(bias, at));
            high = Vector.FusedMultiplyAdd((high - means) * inverses, new Vector<double>(gain, at + Vector<double>.Count), new Vector<double>(bias, at + Vector<double>.Count));
            even = Vector.FusedMultiplyAdd(low, low, even);
            odd = Vector.FusedMultiplyAdd(high, high, odd);
        }

        var square = Vector.Sum(even + odd);
        for (; at < values.Length; at++)
        {
            var value = ((values[at] - mean) * inverse * gain[at]) + bias[at];
            square += value * value;
        }

        return Math.Sqrt(square);
    }

    /// <summary>The mean of all rows, <c>[d_model]</c>.</summary>
    public double[] Mean()
    {
        var mean = new double[rows.Columns];
        ForEachRow((_, row) => Add(mean, row, sign: 1));
        return Array.ConvertAll(mean, sum => sum / rows.Rows);
    }

    /// <summary>Calls back with each row of the vocabulary before it is centred; one row is held at a time.</summary>
    private void ForEachRow(Action<int, double[]> visit)
    {
        var row = new double[rows.Columns];
        RowBlocks.ForEach(rows, (start, block) =>
        {
            for (var place = 0; place < block.Rows; place++)
            {
                Read(block.Row(place), start + place, row);
                visit(start + place, row);
            }
        });
    }

    /// <summary>One row.</summary>
    /// <param name="values">It as the vocabulary holds it, <c>[d_model]</c>.</param>
    /// <param name="token">Token id.</param>
    /// <param name="row">Receives it under the norm, <c>[d_model]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Read(ReadOnlySpan<float> values, int token, double[] row)
    {
        var (mean, scale) = moments[token];
        var at = 0;
        for (; at <= values.Length - Vector<float>.Count; at += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(values[at..]), out var low, out var high);
            Read(low, at);
            Read(high, at + Vector<double>.Count);
        }

        for (; at < values.Length; at++)
        {
            row[at] = ((values[at] - mean) / scale * gain[at]) + bias[at];
        }

        if (centresLast)
        {
            var last = row.Average();
            for (at = 0; at < row.Length; at++)
            {
                row[at] -= last;
            }
        }

        // A division takes longer than all the rest: rows that no norm scales go without.
        void Read(Vector<double> value, int start) =>
            (((scale == 1 ? value - new Vector<double>(mean) : (value - new Vector<double>(mean)) / new Vector<double>(scale)) * new Vector<double>(gain, start)) + new Vector<double>(bias, start)).CopyTo(row, start);
    }

    /// <summary>Adds a row to another, or takes it away; null adds nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(double[] row, double[]? other, int sign)
    {
        var at = 0;
        for (; other is not null && at <= row.Length - Vector<double>.Count; at += Vector<double>.Count)
        {
            (new Vector<double>(row, at) + (new Vector<double>(other, at) * sign)).CopyTo(row, at);
        }

        for (; other is not null && at < row.Length; at++)
        {
            row[at] += other[at] * sign;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Length(double[] row)
    {
        var square = 0.0;
        foreach (var value in row)
        {
            square += value * value;
        }

        return Math.Sqrt(square);
    }
}
