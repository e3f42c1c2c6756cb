namespace PluginLens.Toolkit.Tests;

/// <summary>The formulas as they are written, in float64.</summary>
internal static class Naive
{
    public static double[] Row(Matrix matrix, int row)
    {
        var values = new float[matrix.Columns];
        matrix.CopyRow(row, values);
        return Array.ConvertAll(values, value => (double)value);
    }

    public static double[] Column(Matrix matrix, int column) => Row(matrix.Transpose(), column);

    public static double Dot(double[] left, double[] right) => left.Zip(right, (x, y) => x * y).Sum();

    public static double[] Add(double[] left, double[] right) => [.. left.Zip(right, (x, y) => x + y)];

    /// <summary>x W, <c>[columns]</c>.</summary>
    public static double[] Times(double[] x, Matrix weight) => [.. Enumerable.Range(0, weight.Columns).Select(column => Dot(x, Column(weight, column)))];

    /// <summary>A norm of a model by the name of its weights; empty = none.</summary>
    public static double[] Norm(Model model, string name, double[] x)
    {
        if (name.Length == 0)
        {
            return x;
        }

        var mean = model.Config.Norm.StartsWith("LN", StringComparison.Ordinal) ? x.Average() : 0;
        var scale = Math.Sqrt(x.Average(value => (value - mean) * (value - mean)) + model.Config.Eps);
        return [.. x.Select((value, at) => ((value - mean) / scale * Weight(model, $"{name}.w", at, 1)) + Weight(model, $"{name}.b", at, 0))];
    }

    public static double Weight(Model model, string name, int at, double otherwise) => model.HasWeight(name) ? model.Weight(name).Span[at] : otherwise;

    public static double Cosine(double[] left, double[] right)
    {
        var lengths = Math.Sqrt(Dot(left, left) * Dot(right, right));
        return lengths == 0 ? 0 : Dot(left, right) / lengths;
    }

    /// <summary>Ids of the best k: score, then lower id.</summary>
    public static int[] Top(double[] scores, int k, RowOrder order = RowOrder.Largest, bool[]? keep = null) =>
    [
        .. Enumerable.Range(0, scores.Length)
            .Where(id => keep?[id] != false)
            .OrderByDescending(id => order switch { RowOrder.Smallest => -scores[id], RowOrder.LargestAbsolute => Math.Abs(scores[id]), _ => scores[id] })
            .ThenBy(id => id)
            .Take(k),
    ];

    /// <summary>One list equals the naive one: ids exactly, scores to float32 rounding of the factors.</summary>
    public static void AssertTop(RowTopK lists, int row, double[] scores, RowOrder order = RowOrder.Largest, bool[]? keep = null)
    {
        var ids = Top(scores, lists.K, order, keep);
        Assert.That(lists.IdsOf(row).ToArray(), Is.EqualTo(ids));
        Assert.That(lists.ScoresOf(row).ToArray(), Is.EqualTo(Array.ConvertAll(ids, id => scores[id])).Within(2e-6));
    }
}
