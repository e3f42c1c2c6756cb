namespace PluginLens.Toolkit;

/// <summary>
/// Matrices of heads and neurons with the norms around them put in: <c>W = C diag(w) W</c> for what reads the stream, <c>W C</c> for what writes it, C taking the mean over
/// d_model away where norms do. Such matrices are what a text meets up to one scale a token.
/// </summary>
public sealed class FoldedWeights
{
    private readonly Model _model;
    private readonly NormFolding _folding;
    private readonly bool _centres;

    /// <summary>Looks at where the model's norms stand.</summary>
    /// <param name="model">The model.</param>
    /// <param name="folding">How much of them.</param>
    /// <param name="option">The option that asks for it, for messages: <c>--fold</c>.</param>
    /// <exception cref="UsageException">No norm stands directly before what reads the stream.</exception>
    public FoldedWeights(Model model, NormFolding folding, string option)
    {
        (_model, _folding) = (model, folding);
        _centres = folding == NormFolding.Full && model.Config.Norm.StartsWith("LN", StringComparison.Ordinal);
        if (folding != NormFolding.None && Refusal(model) is { } refusal)
        {
            throw new UsageException($"{option} {$"{folding}".ToLowerInvariant()}: model '{model.Config.Name}' {refusal}; use {option} none.");
        }
    }

    /// <summary>Why the norms of a model cannot be put into its weights, after its name; null where they can.</summary>
    /// <param name="model">The model.</param>
    public static string? Refusal(Model model) => model.Config.Traits.Contains(Trait.PostNorm) ? "normalises after each sum, so no norm of its own stands before heads and neurons"
        : model.Config.NormPlacement == "after" ? "has norms after its sublayers only"
        : model.Config.Traits.Contains(Trait.Shortformer) ? "adds positions between the norm and queries and keys" : null;

    /// <summary>What was done, for notes; null for weights as they are.</summary>
    public string? Description => _folding == NormFolding.None ? null : NoteLine.Of(
        _model.Config.Processing.Contains("fold_ln") ? "gains of the norms already in the weights" : "gains of the norms in the weights",
        _centres ? "means taken away" : null);

    /// <summary>W_Q of a head, <c>d_model x d_head</c>.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head.</param>
    public Matrix WQ(int layer, int head) => Read(ModelNorm.BeforeAttention, layer, _model.WQ(layer, head));

    /// <summary>W_K that a query head uses, <c>d_model x d_head</c>.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head.</param>
    public Matrix WK(int layer, int head) => Read(ModelNorm.BeforeAttention, layer, _model.WK(layer, head));

    /// <summary>W_V that a query head uses, <c>d_model x d_head</c>.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head.</param>
    public Matrix WV(int layer, int head) => Read(ModelNorm.BeforeAttention, layer, _model.WV(layer, head));

    /// <summary>W_O of a head, <c>d_head x d_model</c>.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head.</param>
    public Matrix WO(int layer, int head) => Write(_model.WO(layer, head));

    /// <summary>What neurons read with, <c>d_model x d_mlp</c>.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="name"><c>W_in</c> or <c>W_gate</c>.</param>
    public Matrix MlpReads(int layer, string name) => Read(ModelNorm.BeforeMlp, layer, _model.Weight($"blocks.{layer}.mlp.{name}").AsMatrix());

    /// <summary>W_out, <c>d_mlp x d_model</c>.</summary>
    /// <param name="layer">Layer.</param>
    public Matrix WOut(int layer) => Write(_model.Weight($"blocks.{layer}.mlp.W_out").AsMatrix());

    /// <summary>Each row less its mean, in float64.</summary>
    /// <param name="rows">Any rows.</param>
    public static Matrix Centred(Matrix rows)
    {
        var centred = Copied(rows);
        for (var row = 0; row < rows.Rows; row++)
        {
            var target = centred.AsSpan(row * rows.Columns, rows.Columns);
            var mean = 0.0;
            foreach (var value in target)
            {
                mean += value;
            }

            mean /= rows.Columns;
            for (var at = 0; at < target.Length; at++)
            {
                target[at] = (float)(target[at] - mean);
            }
        }

        return new Matrix(centred, rows.Rows, rows.Columns);
    }

    /// <summary><c>C diag(w) W</c>, <c>d_model x n</c>; C only where the norm takes the mean away.</summary>
    /// <param name="weight">What reads the stream, <c>d_model x n</c>.</param>
    /// <param name="norm">The norm before it.</param>
    public static Matrix Folded(Matrix weight, ModelNorm norm) => Folded(weight, norm, norm.Centres);

    /// <summary><c>diag(w) W</c>.</summary>
    /// <param name="weight">What reads the stream, <c>d_model x n</c>.</param>
    /// <param name="gain">w, <c>[d_model]</c>.</param>
    internal static Matrix Gained(Matrix weight, ReadOnlySpan<float> gain)
    {
        var gained = Copied(weight);
        for (var row = 0; row < weight.Rows; row++)
        {
            foreach (ref var value in gained.AsSpan(row * weight.Columns, weight.Columns))
            {
                value *= gain[row];
            }
        }

        return new Matrix(gained, weight.Rows, weight.Columns);
    }

    private static float[] Copied(Matrix matrix)
    {
        var copy = new float[matrix.Rows * matrix.Columns];
        for (var row = 0; row < matrix.Rows; row++)
        {
            matrix.CopyRow(row, copy.AsSpan(row * matrix.Columns, matrix.Columns));
        }

        return copy;
    }

    private static Matrix Folded(Matrix weight, ModelNorm? norm, bool centres)
    {
        var gained = norm is null || norm.Gain.IsEmpty ? weight : Gained(weight, norm.Gain);
        return centres ? Centred(gained.Transpose()).Transpose() : gained;
    }

    private Matrix Read(Func<Model, int, ModelNorm?> before, int layer, Matrix weight) =>
        _folding == NormFolding.None ? weight : Folded(weight, before(_model, layer), _centres);

    private Matrix Write(Matrix weight) => _centres ? Centred(weight) : weight;
}
