using System.Numerics;

namespace PluginLens.Plugins.States;

/// <summary>
/// The k largest logits of states, exactly, where all their logits are there in float32: those that rounding may have kept out of a list are scored in float64, and no others. Lists and scores are
/// those of <see cref="Compute.TopRows"/> over the whole vocabulary, without a second product with it.
/// </summary>
/// <param name="compute">The compute service.</param>
/// <param name="vocabulary">W_U, <c>V x d_model</c>.</param>
/// <param name="bias">b_U, <c>[V]</c>; null = none.</param>
internal sealed class BestLogits(Compute compute, Matrix vocabulary, float[]? bias)
{
    /// <summary>More than the norm of what is lost where squares underflow, all of it below 2^-63.</summary>
    private const double Underflow = 1.0 / (1L << 55);

    private readonly double _longest = Longest(vocabulary);
    private readonly double _largestBias = bias?.Aggregate(0f, (largest, value) => Math.Max(largest, Math.Abs(value))) ?? 0;

    /// <summary>The lists.</summary>
    /// <param name="states">Ready for the unembedding, <c>n x d_model</c>.</param>
    /// <param name="logits">Their products with W_U in float32, b_U added, <c>n x V</c>.</param>
    /// <param name="k">Tokens per state.</param>
    /// <param name="keep">Tokens that take part, <c>[V]</c>; null = all.</param>
    public RowTopK Of(Matrix states, Matrix logits, int k, bool[]? keep)
    {
        k = Math.Min(k, keep?.Count(kept => kept) ?? logits.Columns);
        var (lists, crowded) = (new RowTopK(states.Rows, k, new int[states.Rows * k], new double[states.Rows * k]), new List<int>());
        for (var row = 0; row < states.Rows && k > 0; row++)
        {
            var error = Error(states.Row(row));
            int[] tokens = Candidates(logits.Row(row), k, keep, 2 * error);
            if (tokens.Length > Math.Max(256, logits.Columns / 32) || !double.IsFinite(error))
            {
                crowded.Add(row);
                continue;
            }

            // Candidates ascend: of equal scores the lower id is first here too.
            var found = compute.TopRows(states.Slice(row, 1), ParameterVectors.Gather(vocabulary, tokens), new RowQuery { K = k, Bias = bias is null ? null : Array.ConvertAll(tokens, token => bias[token]) });
            Array.ConvertAll(found.Ids, place => tokens[place]).CopyTo(lists.Ids, row * k);
            found.Scores.CopyTo(lists.Scores, row * k);
        }

        // Where so many logits hardly differ, one search for all such states costs less; and it refuses a bias that is no number.
        if (crowded.Count > 0)
        {
            var found = compute.TopRows(ParameterVectors.Gather(states, crowded), vocabulary, new RowQuery { K = k, Keep = keep, Bias = bias });
            foreach (var (at, row) in crowded.Index())
            {
                found.IdsOf(at).CopyTo(lists.Ids.AsSpan(row * k));
                found.ScoresOf(at).CopyTo(lists.Scores.AsSpan(row * k));
            }
        }

        return lists;
    }

    /// <summary>What lists cost where few tokens are near to the last of them.</summary>
    /// <param name="config">The model.</param>
    /// <param name="k">Tokens per state.</param>
    /// <param name="states">How many.</param>
    public static Cost CostOf(ModelConfig config, int k, double states) => Costs.TopRows(states, config.DModel, Math.Min(2.0 * k, config.DVocab), k);

    // Whatever is no farther below the k-th largest than two logits may be wrong by.
    private static int[] Candidates(ReadOnlySpan<float> logits, int k, bool[]? keep, double range)
    {
        var (best, kth) = (new PriorityQueue<float, float>(), float.NegativeInfinity);
        for (var token = 0; token < logits.Length; token++)
        {
            if ((logits[token] > kth || best.Count < k) && keep?[token] != false)
            {
                _ = best.Count == k ? best.Dequeue() : 0;
                best.Enqueue(logits[token], logits[token]);
                kth = best.Peek();
            }
        }

        var (least, candidates) = (kth - range, new List<int>());
        for (var token = 0; token < logits.Length; token++)
        {
            if (logits[token] >= least && keep?[token] != false)
            {
                candidates.Add(token);
            }
        }

        return [.. candidates];
    }

    // A float32 sum of d products, in any order, is within d 2^-24 |x||y| of the exact one, and adding b_U rounds once more. The hundredth is for terms of second order, norms in float32 and the float64 score;
    // a product that underflows loses less than the smallest number.
    private double Error(ReadOnlySpan<float> state) => (state.Length + 2) * ((Math.ScaleB(1.01, -24) * ((Norm(state) * _longest) + _largestBias)) + Math.ScaleB(1, -148));

    // No token's vector is longer. Memory is read as it lies: tokens in turn, or one coordinate of all of them after the other.
    private static double Longest(Matrix vocabulary)
    {
        var longest = 0.0;
        if (vocabulary.HasContiguousRows)
        {
            for (var token = 0; token < vocabulary.Rows; token++)
            {
                longest = Math.Max(longest, Norm(vocabulary.Row(token)));
            }

            return longest;
        }

        var (columns, column, squares) = (vocabulary.Transpose(), new float[vocabulary.Rows], new float[vocabulary.Rows]);
        for (var at = 0; at < columns.Rows; at++)
        {
            columns.CopyRow(at, column);
            for (var token = 0; token < column.Length; token++)
            {
                squares[token] += column[token] * column[token];
            }
        }

        return Math.Sqrt(squares.Max()) + Underflow;
    }

    private static double Norm(ReadOnlySpan<float> row)
    {
        var (sums, sum, at) = (Vector<float>.Zero, 0f, 0);
        for (; at <= row.Length - Vector<float>.Count; at += Vector<float>.Count)
        {
            var some = new Vector<float>(row[at..]);
            sums += some * some;
        }

        for (; at < row.Length; at++)
        {
            sum += row[at] * row[at];
        }

        return Math.Sqrt(Vector.Sum(sums) + sum) + Underflow;
    }
}
