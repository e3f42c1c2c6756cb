namespace PluginLens.Numerics.Maps;

/// <summary>
/// UMAP (McInnes, Healy and Melville, 2018): exact nearest neighbours, their fuzzy graph (<see cref="UmapGraph"/>), a spectral start and stochastic gradient descent: in each epoch a link is followed
/// as often as its share of the strongest says, and for each time its head is pushed away from 5 points drawn at random. One thread draws and moves in one order, so that a seed gives one map.
/// Equal rows are one point, however often they occur.
/// </summary>
internal static class Umap
{
    private const int Pushes = 5;
    private const double LongestStep = 4;
    private const double Extent = 10;
    private const double Noise = 1e-4;

    /// <summary>Embeds rows.</summary>
    /// <param name="x">Rows, <c>n x d</c>.</param>
    /// <param name="components">Dimensions of the map.</param>
    /// <param name="neighbours">Neighbours of a row, itself among them; as many as there are different rows where those are fewer.</param>
    /// <param name="leastDistance">How close neighbours may lie in the map.</param>
    /// <param name="epochs">Passes over the links.</param>
    /// <param name="seed">Of the random numbers.</param>
    /// <param name="threads">Threads; the map does not depend on them.</param>
    /// <param name="cancellation">Watched.</param>
    /// <param name="progress">Told of epochs.</param>
    /// <returns><c>n x components</c>.</returns>
    public static Matrix64 Of(
        Matrix64 x, int components, int neighbours, double leastDistance, int epochs, int seed, int threads = 1, CancellationToken cancellation = default, IProgress<Progress>? progress = null)
    {
        if (neighbours < 2 || !(leastDistance is >= 0 and <= 1) || components < 1 || epochs < 0)
        {
            throw new ArgumentException($"Expected 2 neighbours or more, a least distance of 0 to 1, a component or more and no negative number of epochs, found {neighbours}, {leastDistance}, {components}, {epochs}.");
        }

        var rows = new DistinctRows(x);
        if (rows.First.Length < 2)
        {
            return new Matrix64(x.Rows, components);
        }

        var graph = UmapGraph.Of(NearestRows.Of(rows.Rows, Math.Min(neighbours, rows.First.Length) - 1, threads, cancellation));
        var random = new SeededNumbers(seed);
        var map = Start(graph, rows.Rows, components, random, cancellation);
        Descend(map, Schedule(graph, epochs), UmapCurve.Fit(leastDistance), epochs, random, cancellation, progress);
        return rows.Expand(map);
    }

    // Spectral, a little shaken so that no two points coincide, and stretched to 0 to 10 along each axis.
    private static Matrix64 Start(SymmetricLinks graph, Matrix64 rows, int components, SeededNumbers random, CancellationToken cancellation)
    {
        var map = SpectralLayout.Of(graph, rows, components, cancellation);
        for (var at = 0; at < map.Data.Length; at++)
        {
            map.Data[at] = (Extent * map.Data[at]) + (Noise * random.Normal());
        }

        for (var axis = 0; axis < components; axis++)
        {
            var along = Enumerable.Range(0, map.Rows).Select(row => map[row, axis]).ToArray();
            var (low, high) = (along.Min(), along.Max());
            for (var row = 0; row < map.Rows; row++)
            {
                map[row, axis] = Extent * (map[row, axis] - low) / (high - low);
            }
        }

        return map;
    }

    // Both directions of each link, in order of rows; those that would not be followed once are left out.
    private static Edge[] Schedule(SymmetricLinks graph, int epochs)
    {
        var (edges, strongest) = (new List<Edge>(), 0.0);
        for (var row = 0; row < graph.Rows; row++)
        {
            foreach (var link in graph[row])
            {
                strongest = Math.Max(strongest, link.Value);
            }
        }

        for (var row = 0; row < graph.Rows; row++)
        {
            foreach (var link in graph[row])
            {
                if (link.Value > 0 && link.Value * epochs >= strongest)
                {
                    edges.Add(new Edge(row, link.Row, strongest / link.Value));
                }
            }
        }

        return [.. edges];
    }

    private static void Descend(Matrix64 map, Edge[] edges, (double A, double B) curve, int epochs, SeededNumbers random, CancellationToken cancellation, IProgress<Progress>? progress)
    {
        for (var epoch = 0; epoch < epochs; epoch++)
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Report(new Progress(epoch, epochs, "UMAP"));
            var rate = 1 - ((double)epoch / epochs);
            foreach (var edge in edges)
            {
                if ((edge.Followed + 1) * edge.Wait > epoch)
                {
                    continue;
                }

                edge.Followed++;
                Attract(map.Row(edge.Head), map.Row(edge.Tail), curve, rate);
                var pushed = (int)(Pushes * epoch / edge.Wait) - 1;
                for (; edge.Pushed < pushed; edge.Pushed++)
                {
                    var other = random.Below(map.Rows);
                    if (other != edge.Head)
                    {
                        Repel(map.Row(edge.Head), map.Row(other), curve, rate);
                    }
                }
            }
        }
    }

    // The slope of -log of the closeness; points on one spot do not pull.
    private static void Attract(Span<double> head, Span<double> tail, (double A, double B) curve, double rate)
    {
        var square = Square(head, tail);
        if (!(square > 0))
        {
            return;
        }

        var power = curve.A * Math.Pow(square, curve.B);
        var factor = -2 * curve.B * power / (square * (1 + power));
        for (var axis = 0; axis < head.Length; axis++)
        {
            var step = rate * Math.Clamp(factor * (head[axis] - tail[axis]), -LongestStep, LongestStep);
            head[axis] += step;
            tail[axis] -= step;
        }
    }

    // The slope of -log(1 - closeness), bounded near 0.
    private static void Repel(Span<double> head, Span<double> other, (double A, double B) curve, double rate)
    {
        var square = Square(head, other);
        var factor = 2 * curve.B / ((0.001 + square) * (1 + (curve.A * Math.Pow(square, curve.B))));
        for (var axis = 0; axis < head.Length; axis++)
        {
            head[axis] += rate * Math.Clamp(factor * (head[axis] - other[axis]), -LongestStep, LongestStep);
        }
    }

    private static double Square(ReadOnlySpan<double> one, ReadOnlySpan<double> other)
    {
        var square = 0.0;
        for (var axis = 0; axis < one.Length; axis++)
        {
            square += (one[axis] - other[axis]) * (one[axis] - other[axis]);
        }

        return square;
    }

    /// <summary>One direction of a link.</summary>
    private sealed class Edge(int head, int tail, double wait)
    {
        public int Head { get; } = head;

        public int Tail { get; } = tail;

        /// <summary>Gets the epochs from one time that it is followed to the next.</summary>
        public double Wait { get; } = wait;

        /// <summary>Gets or sets how often it was followed.</summary>
        public int Followed { get; set; }

        /// <summary>Gets or sets how often its head was pushed.</summary>
        public int Pushed { get; set; }
    }
}
