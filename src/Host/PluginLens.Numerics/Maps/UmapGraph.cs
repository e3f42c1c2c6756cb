namespace PluginLens.Numerics.Maps;

/// <summary>
/// The graph of UMAP: i says that its nearest neighbour is linked with 1, the k-th nearest with <c>exp(-(d_ik - ρ_i) / σ_i)</c>, ρ_i the distance of its nearest at another place and
/// σ_i such that what it says sums up to log2 of the number of neighbours. The two sides of a link join as <c>a + b - ab = 1 - (1 - a)(1 - b)</c>, which is 1 where one is. McInnes, Healy and Melville, UMAP (2018), algorithms 2 and 3.
/// </summary>
internal static class UmapGraph
{
    private const int MostSteps = 64;
    private const double Tolerance = 1e-5;

    /// <summary>A σ is at least so many times the mean distance: of the row where it has a ρ, else of all.</summary>
    private const double LeastWidth = 1e-3;

    /// <summary>The graph.</summary>
    /// <param name="neighbours">The nearest other rows of each, as many for each.</param>
    public static SymmetricLinks Of(Link[][] neighbours)
    {
        var mean = neighbours.Length == 0 ? 0 : neighbours.Average(Mean);
        return new SymmetricLinks([.. neighbours.Select(nearest => Says(nearest, mean))], (one, other) => 1 - ((1 - one) * (1 - other)));
    }

    private static Link[] Says(Link[] nearest, double mean)
    {
        var (rho, sigma) = Width(nearest, mean);
        return [.. nearest.Select(link => new Link(link.Row, link.Value <= rho || sigma == 0 ? 1 : Math.Exp(-(link.Value - rho) / sigma)))];
    }

    /// <summary>ρ and σ of one row.</summary>
    /// <param name="nearest">Its neighbours, nearest first; the row itself, the first of the neighbours, is left out.</param>
    /// <param name="mean">Mean distance of all rows.</param>
    internal static (double Rho, double Sigma) Width(Link[] nearest, double mean)
    {
        var rho = nearest.FirstOrDefault(link => link.Value > 0).Value;
        var target = Math.Log2(nearest.Length + 1);
        double low = 0, high = double.PositiveInfinity, sigma = 1;
        for (var step = 0; step < MostSteps; step++)
        {
            var sum = nearest.Sum(link => link.Value <= rho ? 1 : Math.Exp(-(link.Value - rho) / sigma));
            if (Math.Abs(sum - target) < Tolerance)
            {
                break;
            }

            (low, high) = sum > target ? (low, sigma) : (sigma, high);
            sigma = double.IsPositiveInfinity(high) ? sigma * 2 : (low + high) / 2;
        }

        return (rho, Math.Max(sigma, LeastWidth * (rho > 0 ? Mean(nearest) : mean)));
    }

    /// <summary>Mean distance, the row itself among its neighbours.</summary>
    /// <param name="nearest">Its neighbours.</param>
    internal static double Mean(Link[] nearest) => nearest.Sum(link => link.Value) / (nearest.Length + 1);
}
