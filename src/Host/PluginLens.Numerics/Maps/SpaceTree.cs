namespace PluginLens.Numerics.Maps;

/// <summary>
/// Points of one to three dimensions in cells that are halved along every axis until each holds one spot (Barnes and Hut, 1986). Points closer together than 2^-50 of the map's
/// extent share a spot and count with their weights. Cells lie in one array, each before its parts, so that a walk goes forward and skips what it does not open.
/// </summary>
internal sealed class SpaceTree
{
    private const int Deepest = 50;
    private readonly Matrix64 _map;
    private readonly double[] _weights;
    private readonly int[] _order;
    private readonly int[] _sorted;
    private readonly byte[] _part;
    private readonly int[] _leaf;
    private readonly Cell[] _cells;
    private int _count;

    /// <summary>Room for a map that moves.</summary>
    /// <param name="map">Points, <c>n x 0 to 3</c>; read at each <see cref="Build"/>.</param>
    /// <param name="weights">How many points each stands for, <c>[n]</c>.</param>
    public SpaceTree(Matrix64 map, double[] weights)
    {
        (_map, _weights) = (map, weights);
        _order = new int[map.Rows];
        _sorted = new int[map.Rows];
        _part = new byte[map.Rows];
        _leaf = new int[map.Rows];
        _cells = new Cell[Math.Max(1, 2 * map.Rows)];
    }

    /// <summary>Sorts the points where they are now.</summary>
    public void Build()
    {
        _count = 0;
        if (_map.Rows == 0)
        {
            return;
        }

        Span<double> low = [double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity], high = [double.NegativeInfinity, double.NegativeInfinity, double.NegativeInfinity];
        for (var point = 0; point < _map.Rows; point++)
        {
            _order[point] = point;
            for (var axis = 0; axis < 3; axis++)
            {
                low[axis] = Math.Min(low[axis], At(point, axis));
                high[axis] = Math.Max(high[axis], At(point, axis));
            }
        }

        var half = Math.Max(high[0] - low[0], Math.Max(high[1] - low[1], high[2] - low[2])) / 2;
        Add(0, _map.Rows, (low[0] + high[0]) / 2, (low[1] + high[1]) / 2, (low[2] + high[2]) / 2, half, 0);
    }

    /// <summary>What pushes one point away: sums over all others of Student's t, cells that look narrow from it taken as one.</summary>
    /// <param name="point">Which.</param>
    /// <param name="freedom">Degrees of freedom.</param>
    /// <param name="narrow">Cells are opened unless their width is less than so many times their distance; at most 0.57, so that no cell that holds the point is taken whole.</param>
    /// <param name="push">Receives <c>Σ q · closeness · difference</c>, <c>[columns]</c>.</param>
    /// <returns><c>Σ q</c>, the point itself left out.</returns>
    public double Push(int point, int freedom, double narrow, Span<double> push)
    {
        double sum = 0, px = 0, py = 0, pz = 0, x = At(point, 0), y = At(point, 1), z = At(point, 2);
        var (leaf, square) = (_leaf[point], narrow * narrow);
        for (var at = 0; at < _count;)
        {
            ref readonly var cell = ref _cells[at];
            if (at == leaf)
            {
                sum += cell.Weight - 1;
                at = cell.Next;
                continue;
            }

            double dx = x - cell.X, dy = y - cell.Y, dz = z - cell.Z;
            var distance = (dx * dx) + (dy * dy) + (dz * dz);
            if (cell.Next > at + 1 && cell.WidthSquared >= square * distance)
            {
                at++;
                continue;
            }

            var close = 1 / (1 + (distance / freedom));
            var q = cell.Weight * StudentT.Power(close, freedom);
            sum += q;
            px += q * close * dx;
            py += q * close * dy;
            pz += q * close * dz;
            at = cell.Next;
        }

        ReadOnlySpan<double> all = [px, py, pz];
        all[..push.Length].CopyTo(push);
        return sum;
    }

    private double At(int point, int axis) => axis < _map.Columns ? _map.Data[(point * _map.Columns) + axis] : 0;

    private void Add(int start, int end, double x, double y, double z, double half, int depth)
    {
        var cell = _count++;
        Span<int> bounds = stackalloc int[9];
        while (end - start > 1 && depth < Deepest && half > 0)
        {
            Split(start, end, x, y, z, bounds);
            var parts = 0;
            var only = 0;
            for (var part = 0; part < 8; part++)
            {
                if (bounds[part + 1] > bounds[part])
                {
                    parts++;
                    only = part;
                }
            }

            half /= 2;
            depth++;
            if (parts > 1)
            {
                AddParts(cell, bounds, x, y, z, half, depth);
                return;
            }

            // All in one part: the cell shrinks to it.
            (x, y, z) = Centre(only, x, y, z, half);
        }

        Seal(cell, start, end);
    }

    private void AddParts(int cell, ReadOnlySpan<int> bounds, double x, double y, double z, double half, int depth)
    {
        for (var part = 0; part < 8; part++)
        {
            if (bounds[part + 1] > bounds[part])
            {
                var (cx, cy, cz) = Centre(part, x, y, z, half);
                Add(bounds[part], bounds[part + 1], cx, cy, cz, half, depth);
            }
        }

        double weight = 0, mx = 0, my = 0, mz = 0;
        for (var at = cell + 1; at < _count; at = _cells[at].Next)
        {
            ref readonly var part = ref _cells[at];
            weight += part.Weight;
            mx += part.Weight * part.X;
            my += part.Weight * part.Y;
            mz += part.Weight * part.Z;
        }

        _cells[cell] = new Cell(mx / weight, my / weight, mz / weight, weight, 16 * half * half, _count);
    }

    // One spot: where its first point lies.
    private void Seal(int cell, int start, int end)
    {
        var weight = 0.0;
        for (var at = start; at < end; at++)
        {
            weight += _weights[_order[at]];
            _leaf[_order[at]] = cell;
        }

        var spot = _order[start];
        _cells[cell] = new Cell(At(spot, 0), At(spot, 1), At(spot, 2), weight, 0, _count);
    }

    private static (double X, double Y, double Z) Centre(int part, double x, double y, double z, double half) =>
        (x + ((part & 1) == 0 ? -half : half), y + ((part & 2) == 0 ? -half : half), z + ((part & 4) == 0 ? -half : half));

    // By counting, the lower point first: cells do not depend on the steps before.
    private void Split(int start, int end, double x, double y, double z, Span<int> bounds)
    {
        bounds.Clear();
        for (var at = start; at < end; at++)
        {
            var point = _order[at];
            _part[at] = (byte)((At(point, 0) > x ? 1 : 0) | (At(point, 1) > y ? 2 : 0) | (At(point, 2) > z ? 4 : 0));
            bounds[_part[at] + 1]++;
        }

        bounds[0] = start;
        Span<int> next = stackalloc int[8];
        for (var part = 0; part < 8; part++)
        {
            next[part] = bounds[part];
            bounds[part + 1] += bounds[part];
        }

        for (var at = start; at < end; at++)
        {
            _sorted[next[_part[at]]++] = _order[at];
        }

        _sorted.AsSpan(start, end - start).CopyTo(_order.AsSpan(start));
    }

    /// <summary>A cell.</summary>
    /// <param name="X">Mean of its points, first axis.</param>
    /// <param name="Y">Second.</param>
    /// <param name="Z">Third; 0 in the plane.</param>
    /// <param name="Weight">How many points lie in it.</param>
    /// <param name="WidthSquared">Of its side.</param>
    /// <param name="Next">The first cell that is no part of it.</param>
    private readonly record struct Cell(double X, double Y, double Z, double Weight, double WidthSquared, int Next);
}
