namespace PluginLens.Numerics.Tests.Maps;

/// <summary>How good a map is, as slowly and plainly as tests/Golden/maps/README.md has it; coordinates rounded to float32.</summary>
internal sealed class MapQuality
{
    private readonly double[][] _data;
    private readonly double[][] _map;

    public MapQuality(float[][] rows, Matrix64 map)
    {
        _data = Squares([.. rows.Select(row => Array.ConvertAll(row, value => (double)value))]);
        _map = Squares([.. Enumerable.Range(0, map.Rows).Select(row => Array.ConvertAll(map.Row(row).ToArray(), value => (double)(float)value))]);
    }

    public double Trustworthiness(int k) => Ranks(_data, _map, k);

    public double Continuity(int k) => Ranks(_map, _data, k);

    public double Accuracy(int[] labels) => Enumerable.Range(0, labels.Length).Average(row => labels[Nearest(_map[row], row)[0]] == labels[row] ? 1.0 : 0);

    /// <summary>KL(P || Q) over all pairs, P of a perplexity over all rows.</summary>
    public double Divergence(double perplexity)
    {
        var n = _data.Length;
        var p = new double[n][];
        Parallel.For(0, n, row => p[row] = Conditional(_data[row], row, perplexity));
        var total = _map.Select((squares, row) => squares.Select((square, other) => other == row ? 0 : 1 / (1 + square)).Sum()).Sum();
        var sum = 0.0;
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                var both = (p[i][j] + p[j][i]) / (2 * n);
                sum += both > 0 ? both * Math.Log(both * total * (1 + _map[i][j])) : 0;
            }
        }

        return sum;
    }

    /// <summary>Other rows, nearest first, the lower where they tie.</summary>
    public int[] NearestInData(int row) => Nearest(_data[row], row);

    private static double[][] Squares(double[][] rows)
    {
        var squares = new double[rows.Length][];
        Parallel.For(0, rows.Length, row => squares[row] = [.. rows.Select(other =>
        {
            var square = 0.0;
            for (var at = 0; at < other.Length; at++)
            {
                square += (rows[row][at] - other[at]) * (rows[row][at] - other[at]);
            }

            return square;
        })]);
        return squares;
    }

    private static int[] Nearest(double[] squares, int row)
    {
        var keys = squares.ToArray();
        var order = Enumerable.Range(0, keys.Length).ToArray();
        keys[row] = double.PositiveInfinity;
        Array.Sort(order, (one, other) => keys[one] != keys[other] ? keys[one].CompareTo(keys[other]) : one.CompareTo(other));
        return order[..^1];
    }

    // What the ranks in one say of the k nearest in the other.
    private static double Ranks(double[][] ranked, double[][] listed, int k)
    {
        var n = ranked.Length;
        var penalties = new double[n];
        Parallel.For(0, n, row =>
        {
            var sorted = ranked[row].Where((_, other) => other != row).Order().ToArray();
            foreach (var other in Nearest(listed[row], row)[..k])
            {
                penalties[row] += Math.Max(0, 1 + Nearer(sorted, ranked[row][other]) - k);
            }
        });
        return 1 - (2.0 / (n * k * ((2.0 * n) - (3 * k) - 1)) * penalties.Sum());
    }

    // How many of them are strictly below.
    private static int Nearer(double[] sorted, double value)
    {
        int low = 0, high = sorted.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = sorted[middle] < value ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    // Bisects the logarithm of the precision.
    private static double[] Conditional(double[] squares, int row, double perplexity)
    {
        var least = squares.Where((_, other) => other != row).Min();
        var p = new double[squares.Length];
        double low = -50, high = 150;
        for (var step = 0; step < 70; step++)
        {
            var precision = Math.Exp((low + high) / 2);
            double sum = 0, weighted = 0;
            for (var other = 0; other < p.Length; other++)
            {
                p[other] = other == row ? 0 : Math.Exp(-precision * (squares[other] - least));
                sum += p[other];
                weighted += p[other] * (squares[other] - least);
            }

            (low, high) = Math.Log(sum) + (precision * weighted / sum) > Math.Log(perplexity) ? ((low + high) / 2, high) : (low, (low + high) / 2);
        }

        var all = p.Sum();
        return Array.ConvertAll(p, value => value / all);
    }
}
