namespace PluginLens.Numerics.Maps;

/// <summary>
/// What moves the points of a t-SNE map: <c>KL(P || Q)</c> and its slope. All pairs push each other away, exactly or by a <see cref="SpaceTree"/>; linked pairs attract.
/// Each point's sums are taken by one thread in one order: they do not depend on the number of threads.
/// </summary>
internal sealed class TSneForces
{
    /// <summary>Points that a thread takes at a time.</summary>
    private const int Block = 64;

    /// <summary>How narrow a cell must look to be taken as one: Barnes and Hut's theta.</summary>
    private const double Theta = 0.5;

    private readonly SymmetricLinks _p;
    private readonly Matrix64 _map;
    private readonly double[] _counts;
    private readonly int _threads;
    private readonly CancellationToken _cancellation;
    private readonly SpaceTree? _tree;
    private readonly double[] _pushes;
    private readonly double[] _sums;

    /// <summary>Forces on a map that moves.</summary>
    /// <param name="p">Closeness of the rows, over all their copies.</param>
    /// <param name="map">The map, <c>n x components</c>; read at each call.</param>
    /// <param name="counts">How many copies each point stands for, <c>[n]</c>.</param>
    /// <param name="freedom">Degrees of freedom of Student's t.</param>
    /// <param name="exact">All pairs; else cells of a tree, in at most three dimensions.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="cancellation">Watched.</param>
    public TSneForces(SymmetricLinks p, Matrix64 map, double[] counts, int freedom, bool exact, int threads, CancellationToken cancellation)
    {
        (_p, _map, _counts, Freedom, _cancellation) = (p, map, counts, freedom, cancellation);

        // A few points are done before a thread has started.
        _threads = map.Rows > 4 * Block ? threads : 1;
        _tree = exact ? null : new SpaceTree(map, counts);
        _pushes = new double[map.Data.Length];
        _sums = new double[map.Rows];
    }

    /// <summary>Degrees of freedom of Student's t.</summary>
    public int Freedom { get; }

    /// <summary>The slope of the divergence for one copy of each point.</summary>
    /// <param name="exaggeration">Factor of P.</param>
    /// <param name="gradient">Receives <c>[n * components]</c>.</param>
    public void Gradient(double exaggeration, double[] gradient)
    {
        _tree?.Build();
        EachPoint(point =>
        {
            _sums[point] = _counts[point] * Push(point, Of(_pushes, point));
            Pull(point, exaggeration / _counts[point], Of(gradient, point));
        });
        var (sum, scale) = (_sums.Sum(), 2.0 * (Freedom + 1) / Freedom);
        for (var at = 0; at < gradient.Length; at++)
        {
            gradient[at] = scale * (gradient[at] - (_pushes[at] / sum));
        }
    }

    /// <summary><c>KL(P || Q)</c>, Q over all pairs whatever moves the points.</summary>
    public double Divergence()
    {
        EachPoint(point => _sums[point] = _counts[point] * PushOfAll(point, Of(_pushes, point)));
        var total = _sums.Sum();
        EachPoint(point =>
        {
            var divergence = 0.0;
            foreach (var link in _p[point])
            {
                var q = StudentT.Power(1 / (1 + (Square(point, link.Row) / Freedom)), Freedom) / total;
                var pairs = _counts[point] * (_counts[link.Row] - (link.Row == point ? 1 : 0));
                divergence += link.Value > 0 ? link.Value * Math.Log(link.Value / (pairs * q)) : 0;
            }

            _sums[point] = divergence;
        });
        return _sums.Sum();
    }

    private void EachPoint(Action<int> action) => Workers.ForEach(_threads, (_map.Rows + Block - 1) / Block, _cancellation, block =>
    {
        for (var point = block * Block; point < Math.Min((block + 1) * Block, _map.Rows); point++)
        {
            action(point);
        }
    });

    private Span<double> Of(double[] all, int point) => all.AsSpan(point * _map.Columns, _map.Columns);

    private double Square(int one, int other)
    {
        var a = _map.Row(one);
        var b = _map.Row(other);
        var square = 0.0;
        for (var axis = 0; axis < a.Length; axis++)
        {
            square += (a[axis] - b[axis]) * (a[axis] - b[axis]);
        }

        return square;
    }

    private void Pull(int point, double factor, Span<double> pull)
    {
        pull.Clear();
        var here = _map.Row(point);
        foreach (var link in _p[point])
        {
            var there = _map.Row(link.Row);
            var force = factor * link.Value / (1 + (Square(point, link.Row) / Freedom));
            for (var axis = 0; axis < pull.Length; axis++)
            {
                pull[axis] += force * (here[axis] - there[axis]);
            }
        }
    }

    private double Push(int point, Span<double> push) => _tree?.Push(point, Freedom, Theta, push) ?? PushOfAll(point, push);

    private double PushOfAll(int point, Span<double> push)
    {
        // The point's other copies lie on it: q is 1, and nothing moves.
        var sum = _counts[point] - 1;
        push.Clear();
        var here = _map.Row(point);
        for (var other = 0; other < _map.Rows; other++)
        {
            if (other == point)
            {
                continue;
            }

            var there = _map.Data.AsSpan(other * here.Length, here.Length);
            var square = 0.0;
            for (var axis = 0; axis < here.Length; axis++)
            {
                square += (here[axis] - there[axis]) * (here[axis] - there[axis]);
            }

            var close = 1 / (1 + (square / Freedom));
            var q = _counts[other] * StudentT.Power(close, Freedom);
            sum += q;
            for (var axis = 0; axis < here.Length; axis++)
            {
                push[axis] += q * close * (here[axis] - there[axis]);
            }
        }

        return sum;
    }
}
