namespace PluginLens.Numerics.Maps;

/// <summary>
/// Closeness in a UMAP map, <c>1 / (1 + a d^2b)</c>: a and b by least squares at 300 distances up to 3 to what it should be, 1 up to the least distance and
/// <c>exp(-(d - least))</c> beyond. Gauss-Newton, with steps that are halved while they do not help.
/// </summary>
internal static class UmapCurve
{
    private const int Points = 300;
    private const double Farthest = 3;

    /// <summary>The curve for a least distance.</summary>
    /// <param name="least">How close neighbours may lie.</param>
    public static (double A, double B) Fit(double least)
    {
        var (a, b) = (1.0, 1.0);
        var error = Error(a, b, least);
        for (var step = 0; step < 200; step++)
        {
            var (da, db) = Step(a, b, least);
            var factor = 1.0;
            while (factor > 1e-12 && !(a + (factor * da) > 0 && b + (factor * db) > 0 && Error(a + (factor * da), b + (factor * db), least) < error))
            {
                factor /= 2;
            }

            if (factor <= 1e-12)
            {
                break;
            }

            (a, b) = (a + (factor * da), b + (factor * db));
            error = Error(a, b, least);
        }

        return (a, b);
    }

    private static double Distance(int point) => Farthest * point / (Points - 1);

    private static double Wanted(double distance, double least) => distance < least ? 1 : Math.Exp(-(distance - least));

    private static double Error(double a, double b, double least) => Enumerable.Range(0, Points).Sum(point =>
    {
        var difference = (1 / (1 + (a * Math.Pow(Distance(point), 2 * b)))) - Wanted(Distance(point), least);
        return difference * difference;
    });

    // At distance 0 the curve is 1 whatever a and b are.
    private static (double A, double B) Step(double a, double b, double least)
    {
        double aa = 0, ab = 0, bb = 0, ga = 0, gb = 0;
        for (var point = 1; point < Points; point++)
        {
            var power = Math.Pow(Distance(point), 2 * b);
            var curve = 1 / (1 + (a * power));
            var slopeA = -power * curve * curve;
            var slopeB = slopeA * a * 2 * Math.Log(Distance(point));
            var missing = Wanted(Distance(point), least) - curve;
            aa += slopeA * slopeA;
            ab += slopeA * slopeB;
            bb += slopeB * slopeB;
            ga += slopeA * missing;
            gb += slopeB * missing;
        }

        var determinant = (aa * bb) - (ab * ab);
        return (((ga * bb) - (gb * ab)) / determinant, ((gb * aa) - (ga * ab)) / determinant);
    }
}
