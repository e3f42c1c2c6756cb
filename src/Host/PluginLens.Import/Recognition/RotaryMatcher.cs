namespace PluginLens.Import.Recognition;

/// <summary>Finds the rotation between a query or key as it leaves its linear map and as it enters the product.</summary>
internal static class RotaryMatcher
{
    private const double Tolerance = 1e-4;
    // Tables of cosines that were rounded to half precision.
    private const double HalfTolerance = 5e-3;

    /// <summary>Whether one is the other times a number.</summary>
    public static bool IsMultiple(float[] x, float[] y)
    {
        if (x.Length != y.Length)
        {
            return false;
        }

        var factor = Factor(x, y);
        return Distance(x, y, factor) <= Tolerance;
    }

    /// <summary>The rotation that turns a projection into an operand, or null where none was found.</summary>
    /// <param name="reading">What was found so far.</param>
    /// <param name="projection">q or k before.</param>
    /// <param name="operand">Name of q or k after.</param>
    /// <param name="after">Its values, <c>[batch, heads, pos, d_head]</c>, heads not repeated.</param>
    public static RotaryMatch? Find(Reading reading, HeadProjection projection, string operand, float[] after)
    {
        var length = reading.Run.Batch.Length;
        var tables = Tables(reading, projection.Source, operand, length);
        RotaryMatch? best = null;
        var bestDistance = reading.Model.HasHalves ? HalfTolerance : Tolerance;
        foreach (var cos in tables.Where(t => t[0].All(v => v != 0 && Math.Abs(v - t[0][0]) < 1e-6)))
        {
            foreach (var sin in tables.Where(t => t[0].All(v => Math.Abs(v) < 1e-6) && t[0].Length == cos[0].Length))
            {
                foreach (var match in Readings(cos, sin, projection.Width))
                {
                    var exact = match with { InvFreq = Frequencies.Exact(reading, match.InvFreq) };
                    var turned = exact.Rotate(projection.Values, length, projection.Width);
                    var distance = Distance(turned, after, Factor(turned, after));
                    if (distance < bestDistance)
                    {
                        (best, bestDistance) = (exact, distance);
                    }
                }
            }
        }

        return best;
    }

    /// <summary>Float tables by position that the operand is multiplied with on its way, as rows.</summary>
    private static List<float[][]> Tables(Reading reading, string source, string operand, int length)
    {
        var (graph, run) = (reading.Graph, reading.Run);
        var (passed, _) = graph.Ancestors(operand, name => name == source);
        var found = new List<float[][]>();
        foreach (var name in graph.Nodes.Where(n => n.OpType is "Mul" && n.Output.Any(passed.Contains)).SelectMany(n => n.Input).Where(i => !graph.IsData(i)).Distinct())
        {
            var table = run[name];
            var width = table.Rank > 0 ? table.Dim(-1) : 0;
            // [.., pos, 1.., width]: all other dimensions are 1 or repeat the first (one table for every sequence).
            if (width > 0 && table.Values.Length % (length * width) == 0 && table.Shape.Contains(length))
            {
                found.Add([.. Enumerable.Range(0, length).Select(p => table.Values.AsSpan(p * width, width).ToArray())]);
            }
        }

        return found;
    }

    /// <summary>What a pair of tables can mean: pairs in halves or side by side; a column for each dimension or for each pair.</summary>
    private static IEnumerable<RotaryMatch> Readings(float[][] cos, float[][] sin, int width)
    {
        var columns = cos[0].Length;
        if (columns % 2 == 0 && columns <= width)
        {
            yield return Read(cos, sin, columns, adjacent: false, i => i);
            yield return Read(cos, sin, columns, adjacent: true, i => 2 * i);
        }

        if (2 * columns <= width)
        {
            yield return Read(cos, sin, 2 * columns, adjacent: false, i => i);
            yield return Read(cos, sin, 2 * columns, adjacent: true, i => i);
        }
    }

    private static RotaryMatch Read(float[][] cos, float[][] sin, int dim, bool adjacent, Func<int, int> column)
    {
        var factor = (double)cos[0][0];
        factor = Math.Abs(factor - 1) < 1e-6 ? 1 : factor;
        return new RotaryMatch(dim, adjacent, [.. Enumerable.Range(0, dim / 2).Select(i => Frequencies.FromAngles(cos, sin, column(i)))], factor);
    }

    private static double Factor(float[] x, float[] y)
    {
        double xy = 0, xx = 0;
        for (var i = 0; i < x.Length && i < y.Length; i++)
        {
            xy += (double)x[i] * y[i];
            xx += (double)x[i] * x[i];
        }

        return xx == 0 ? 0 : xy / xx;
    }

    /// <summary>Largest difference of factor·x from y, relative to the largest y.</summary>
    private static double Distance(float[] x, float[] y, double factor)
    {
        if (x.Length != y.Length)
        {
            return double.PositiveInfinity;
        }

        double worst = 0, largest = 1e-30;
        for (var i = 0; i < x.Length; i++)
        {
            worst = Math.Max(worst, Math.Abs((factor * x[i]) - y[i]));
            largest = Math.Max(largest, Math.Abs(y[i]));
        }

        return worst / largest;
    }
}
