using System.Numerics;
using System.Runtime.CompilerServices;

namespace PluginLens.Toolkit;

/// <summary>
/// One norm of a model, on any vector: <c>(x - mean) / sqrt(var + eps) * w + b</c>, or <c>x / sqrt(mean(x²) + eps) * w</c> for RMSNorm.
/// Models whose norms were folded into their weights have neither gain nor bias.
/// </summary>
public sealed class ModelNorm
{
    private readonly ReadOnlyMemory<float> _gain;
    private readonly ReadOnlyMemory<float> _bias;

    private ModelNorm(Model model, string name)
    {
        Name = name;
        Centres = model.Config.Norm.StartsWith("LN", StringComparison.Ordinal);
        Eps = model.Config.Eps;
        _gain = model.HasWeight($"{name}.w") ? model.Weight($"{name}.w").Data : default;
        _bias = model.HasWeight($"{name}.b") ? model.Weight($"{name}.b").Data : default;
    }

    /// <summary>The name of its weights, e.g. <c>ln_final</c>, <c>blocks.3.ln1</c>.</summary>
    public string Name { get; }

    /// <summary>Whether it subtracts the mean (LayerNorm) or not (RMSNorm).</summary>
    public bool Centres { get; }

    /// <summary>Added to the variance.</summary>
    public double Eps { get; }

    /// <summary>The gain w, <c>[d_model]</c>; empty = 1 everywhere.</summary>
    public ReadOnlySpan<float> Gain => _gain.Span;

    /// <summary>The bias b, <c>[d_model]</c>; empty = 0 everywhere.</summary>
    public ReadOnlySpan<float> Bias => _bias.Span;

    /// <summary>The norm before the unembedding; null where there is none (post-norm models norm block by block).</summary>
    /// <param name="model">The model.</param>
    public static ModelNorm? Final(Model model) =>
        model.Config.FinalNorm && !model.Config.Traits.Contains(Trait.PostNorm) ? new ModelNorm(model, "ln_final") : null;

    /// <summary>
    /// The norm that made what a layer's heads read; null where they read the stream as it is. Post-norm models: the norm after the embedding,
    /// or the last one of the block before.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="layer">Layer.</param>
    public static ModelNorm? BeforeAttention(Model model, int layer)
    {
        if (model.Config.Traits.Contains(Trait.PostNorm))
        {
            return layer > 0 ? new ModelNorm(model, $"blocks.{layer - 1}.ln2") : model.HasWeight("embed.ln.w") ? new ModelNorm(model, "embed.ln") : null;
        }

        return NormsInputs(model) ? new ModelNorm(model, $"blocks.{layer}.ln1") : null;
    }

    /// <summary>The norm that made what a layer's neurons read; null where they read the stream as it is.</summary>
    /// <param name="model">The model.</param>
    /// <param name="layer">Layer.</param>
    public static ModelNorm? BeforeMlp(Model model, int layer)
    {
        // Parallel blocks may share one norm; once it is folded both are the same.
        var sharesFirst = model.Config.ParallelAttnMlp && !model.HasWeight($"blocks.{layer}.ln2.w");
        return model.Config.Traits.Contains(Trait.PostNorm) || sharesFirst
            ? NormsInputs(model) ? new ModelNorm(model, $"blocks.{layer}.ln1") : null
            : NormsInputs(model) ? new ModelNorm(model, $"blocks.{layer}.ln2") : null;
    }

    /// <summary>The norm between a layer's heads and the stream; null where what they write is added as it is.</summary>
    /// <param name="model">The model.</param>
    /// <param name="layer">Layer.</param>
    public static ModelNorm? AfterAttention(Model model, int layer) => model.HasWeight($"blocks.{layer}.ln1_post.w") ? new ModelNorm(model, $"blocks.{layer}.ln1_post") : null;

    /// <summary>The norm, recomputed on a vector.</summary>
    /// <param name="x">One vector, <c>[d_model]</c>.</param>
    /// <param name="destination">Receives the result, <c>[d_model]</c>; may be <paramref name="x"/>.</param>
    public void Apply(ReadOnlySpan<float> x, Span<float> destination)
    {
        var (mean, scale) = Moments(x);
        for (var at = 0; at < x.Length; at++)
        {
            var normalized = (x[at] - mean) / scale;
            destination[at] = (float)((normalized * (_gain.IsEmpty ? 1 : Gain[at])) + (_bias.IsEmpty ? 0 : Bias[at]));
        }
    }

    /// <summary>The norm, recomputed on each row.</summary>
    /// <param name="x">Vectors, <c>n x d_model</c>.</param>
    /// <returns>The same shape; <paramref name="x"/> stays as it is.</returns>
    public Matrix Apply(Matrix x)
    {
        var normed = new float[x.Rows * x.Columns];
        for (var row = 0; row < x.Rows; row++)
        {
            var target = normed.AsSpan(row * x.Columns, x.Columns);
            x.CopyRow(row, target);
            Apply(target, target);
        }

        return new Matrix(normed, x.Rows, x.Columns);
    }

    /// <summary>
    /// The linear part with a scale given from outside: <c>(x - mean) / scale * w</c>, without the bias. What one term of a sum contributes when
    /// the sum is normed with that scale (direct logit attribution).
    /// </summary>
    /// <param name="x">One vector, <c>[d_model]</c>.</param>
    /// <param name="scale">The <c>hook_scale</c> of the sum; 1 = no scaling.</param>
    /// <param name="destination">Receives the result, <c>[d_model]</c>; may be <paramref name="x"/>.</param>
    public void ApplyLinear(ReadOnlySpan<float> x, double scale, Span<float> destination)
    {
        var mean = Moments(x).Mean;
        for (var at = 0; at < x.Length; at++)
        {
            destination[at] = (float)((x[at] - mean) / scale * (_gain.IsEmpty ? 1 : Gain[at]));
        }
    }

    /// <summary>What is subtracted and what is divided by.</summary>
    /// <param name="x">One vector, <c>[d_model]</c>.</param>
    /// <returns>The mean (0 for RMSNorm) and <c>sqrt(var + eps)</c>.</returns>
    public (double Mean, double Scale) Moments(ReadOnlySpan<float> x)
    {
        var mean = Centres ? Sum(x) / x.Length : 0;
        return (mean, Math.Sqrt((SquaredDistance(x, mean) / x.Length) + Eps));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Sum(ReadOnlySpan<float> x)
    {
        var (even, odd) = (Vector<double>.Zero, Vector<double>.Zero);
        var at = 0;
        for (; at <= x.Length - Vector<float>.Count; at += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(x[at..]), out var low, out var high);
            even += low;
            odd += high;
        }

        var sum = Vector.Sum(even + odd);
        for (; at < x.Length; at++)
        {
            sum += x[at];
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SquaredDistance(ReadOnlySpan<float> x, double from)
    {
        var (point, even, odd) = (new Vector<double>(from), Vector<double>.Zero, Vector<double>.Zero);
        var at = 0;
        for (; at <= x.Length - Vector<float>.Count; at += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(x[at..]), out var low, out var high);
            (low, high) = (low - point, high - point);
            even += low * low;
            odd += high * high;
        }

        var square = Vector.Sum(even + odd);
        for (; at < x.Length; at++)
        {
            square += (x[at] - from) * (x[at] - from);
        }

        return square;
    }

    /// <summary>Whether a norm stands before each sublayer; OLMo-2 has norms after them only.</summary>
    private static bool NormsInputs(Model model) => model.Config.NormPlacement != "after";
}
