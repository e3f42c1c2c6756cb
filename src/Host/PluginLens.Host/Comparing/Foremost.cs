namespace PluginLens.Host;

/// <summary>The things that come first by some measure, of any number that pass by.</summary>
/// <typeparam name="T">What they are.</typeparam>
/// <param name="most">How many are kept; 0 = all.</param>
internal sealed class Foremost<T>(int most)
{
    private readonly PriorityQueue<(T Thing, double Measure, long At), (double, long)> _kept = new();
    private long _seen;

    /// <summary>How many passed by and are not kept.</summary>
    public long Left => _seen - _kept.Count;

    /// <summary>Those kept: the largest measure first, among equals the first first.</summary>
    public IEnumerable<T> Things => _kept.UnorderedItems.Select(item => item.Element).OrderByDescending(kept => kept.Measure).ThenBy(kept => kept.At).Select(kept => kept.Thing);

    /// <summary>Takes note of one.</summary>
    /// <param name="measure">What counts.</param>
    /// <param name="thing">Makes it, where it is kept.</param>
    public void Add(double measure, Func<T> thing)
    {
        var at = _seen++;
        if (most > 0 && _kept.Count == most)
        {
            // Not larger than the least that is kept: among equals the earlier ones stay.
            if (measure <= _kept.Peek().Measure)
            {
                return;
            }

            _kept.Dequeue();
        }

        _kept.Enqueue((thing(), measure, at), (measure, -at));
    }
}
