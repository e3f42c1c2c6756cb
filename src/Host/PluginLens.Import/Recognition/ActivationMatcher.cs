namespace PluginLens.Import.Recognition;

/// <summary>Tells an activation function from what it did to the values of the run, however its formula is written out.</summary>
internal static class ActivationMatcher
{
    private const double Tolerance = 2e-5;

    private static readonly (string Name, Func<double, double> Function)[] Functions =
    [
        ("gelu", x => 0.5 * x * (1 + Erf(x / Math.Sqrt(2)))),
        ("gelu_new", x => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))))),
        ("relu", x => Math.Max(x, 0)),
        ("silu", x => x / (1 + Math.Exp(-x))),
        ("quick_gelu", x => x / (1 + Math.Exp(-1.702 * x))),
        ("relu2", x => Math.Max(x, 0) * Math.Max(x, 0)),
        ("tanh", Math.Tanh),
        ("sigmoid", x => 1 / (1 + Math.Exp(-x))),
    ];

    /// <summary>Name of the function, or null where none of the known ones fits.</summary>
    /// <param name="pre">Values before.</param>
    /// <param name="post">Values after, elementwise the same order.</param>
    /// <param name="linear">What a gated MLP multiplies the result with, or null.</param>
    /// <param name="operators">Operators on the way: where the values are all small, they tell the two forms of gelu apart.</param>
    public static string? Find(float[] pre, float[] post, float[]? linear, IReadOnlySet<string> operators)
    {
        if (pre.Length != post.Length || (linear is not null && linear.Length != pre.Length))
        {
            return null;
        }

        var largest = Math.Max(1e-6, post.Max(v => Math.Abs((double)v)));
        return Functions
            .Where(f => !(f.Name == "gelu" && operators.Overlaps(["Tanh", "FastGelu"])) && !(f.Name == "gelu_new" && operators.Contains("Erf")))
            .Select(f => (f.Name, Error: Error(f.Function, pre, post, linear)))
            .Where(f => f.Error <= Tolerance * largest)
            .OrderBy(f => f.Error)
            .Select(f => f.Name)
            .FirstOrDefault();
    }

    private static double Error(Func<double, double> function, float[] pre, float[] post, float[]? linear)
    {
        double worst = 0;
        for (var i = 0; i < pre.Length; i++)
        {
            worst = Math.Max(worst, Math.Abs((function(pre[i]) * (linear?[i] ?? 1)) - post[i]));
        }

        return worst;
    }

    /// <summary>Abramowitz and Stegun 7.1.26: off by 1.5e-7 at most, a thousandth of what separates the two forms of gelu.</summary>
    private static double Erf(double x)
    {
        var t = 1 / (1 + (0.3275911 * Math.Abs(x)));
        var polynomial = t * (0.254829592 + (t * (-0.284496736 + (t * (1.421413741 + (t * (-1.453152027 + (t * 1.061405429))))))));
        return Math.Sign(x) * (1 - (polynomial * Math.Exp(-x * x)));
    }
}
