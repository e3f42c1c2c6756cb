namespace PluginLens.Plugins.Attribution;

/// <summary>The largest terms of each position; of the others nothing is held.</summary>
internal static class LargestTerms
{
    /// <summary>For each position the rank of its largest terms, from 1; of equal ones the earlier.</summary>
    /// <param name="blocks">All terms.</param>
    /// <param name="positions">Positions.</param>
    /// <param name="options">How many, and what makes a term large.</param>
    public static Dictionary<int, Dictionary<(int Block, int Row), int>> Of(IEnumerable<StreamBlock> blocks, IReadOnlyList<int> positions, StreamTableOptions options)
    {
        var smallestFirst = Comparer<(double Size, int Block, int Row)>.Create((one, other) => one.Size != other.Size ? one.Size.CompareTo(other.Size) : (other.Block, other.Row).CompareTo((one.Block, one.Row)));
        var queues = positions.ToDictionary(position => position, _ => new PriorityQueue<(int Block, int Row), (double Size, int Block, int Row)>(smallestFirst));
        foreach (var (at, block) in blocks.Index())
        {
            var lengths = options.By == TermMeasure.Size ? block.Lengths() : null;
            foreach (var position in positions)
            {
                var queue = queues[position];
                for (var row = 0; row < block.Vectors.Rows; row++)
                {
                    var weight = Math.Abs(block.Weight(position, row));
                    if (weight == 0)
                    {
                        continue;
                    }

                    var size = (weight * (lengths?[row] ?? 1), at, row);
                    if (queue.Count < options.Terms)
                    {
                        queue.Enqueue((at, row), size);
                    }
                    else
                    {
                        queue.EnqueueDequeue((at, row), size);
                    }
                }
            }
        }

        return queues.ToDictionary(entry => entry.Key, entry =>
        {
            var ranks = new Dictionary<(int Block, int Row), int>();
            while (entry.Value.TryDequeue(out var term, out _))
            {
                ranks[term] = entry.Value.Count + 1;
            }

            return ranks;
        });
    }
}
