namespace PluginLens.Plugins.AttentionTokens;

/// <summary>
/// The largest of many lines <c>s g_t + b_t</c> for any s, without trying them all: the lines that are the largest somewhere, in order of slope, and where each gives way to
/// the next (upper convex hull). Of equal values the lowest index wins.
/// </summary>
public sealed class UpperEnvelope
{
    private readonly double[] _slopes;
    private readonly double[] _heights;
    private readonly List<int> _lines = [];
    private readonly double[] _ends;

    /// <summary>Builds the hull.</summary>
    /// <param name="slopes">g of each line.</param>
    /// <param name="heights">b of each line.</param>
    /// <param name="keep">Lines that take part; null = all.</param>
    public UpperEnvelope(double[] slopes, double[] heights, bool[]? keep)
    {
        (_slopes, _heights) = (slopes, heights);
        int[] order = [.. Enumerable.Range(0, slopes.Length).Where(line => keep?[line] != false)];
        Array.Sort(order, (left, right) => slopes[left].CompareTo(slopes[right]) is not 0 and var by ? by : heights[right].CompareTo(heights[left]) is not 0 and var high ? high : left.CompareTo(right));
        foreach (var line in order)
        {
            // Parallel lines: the first is the highest, and of those as high it has the lowest index.
            if (_lines.Count > 0 && slopes[_lines[^1]] == slopes[line])
            {
                continue;
            }

            while (_lines.Count > 1 && IsBelow(_lines[^2], _lines[^1], line))
            {
                _lines.RemoveAt(_lines.Count - 1);
            }

            _lines.Add(line);
        }

        _ends = new double[Math.Max(0, _lines.Count - 1)];
        for (var at = 0; at < _ends.Length; at++)
        {
            var (left, right) = (_lines[at], _lines[at + 1]);
            _ends[at] = (heights[left] - heights[right]) / (slopes[right] - slopes[left]);
        }
    }

    /// <summary>The line that is largest at s.</summary>
    /// <param name="s">Any number.</param>
    public int At(double s)
    {
        var at = Array.BinarySearch(_ends, s);
        at = at < 0 ? ~at : at;

        // Where lines meet, rounding decides on which side s lies: neighbours that are as large count too.
        var best = at;
        for (var left = at - 1; left >= 0 && Value(left) >= Value(best); left--)
        {
            best = Better(left, best);
        }

        for (var right = at + 1; right < _lines.Count && Value(right) >= Value(best); right++)
        {
            best = Better(right, best);
        }

        return _lines[best];

        double Value(int place) => (s * _slopes[_lines[place]]) + _heights[_lines[place]];

        int Better(int place, int than) => Value(place) > Value(than) || _lines[place] < _lines[than] ? place : than;
    }

    /// <summary>Whether the middle of three lines of rising slope is nowhere the largest; one that only touches stays, for it may have the lowest index.</summary>
    private bool IsBelow(int first, int middle, int last) =>
        (_heights[first] - _heights[last]) * (_slopes[middle] - _slopes[first]) < (_heights[first] - _heights[middle]) * (_slopes[last] - _slopes[first]);
}
