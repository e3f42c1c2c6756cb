using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Source;

/// <summary>Puts nodes in order of execution; refuses graphs that have none.</summary>
internal static class Ordering
{
    /// <summary>Nodes sorted so that each stands after those whose outputs it reads; the given order is kept where it can be.</summary>
    public static IReadOnlyList<NodeProto> Sort(IReadOnlyList<NodeProto> nodes, IEnumerable<string> given, IEnumerable<string> outputs)
    {
        var known = given.ToHashSet(StringComparer.Ordinal);
        var producers = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < nodes.Count; i++)
        {
            foreach (var output in nodes[i].Output.Where(o => o.Length > 0))
            {
                if (known.Contains(output) || !producers.TryAdd(output, i))
                {
                    throw new ModelException($"'{output}' is made twice in the graph, the second time by {nodes[i].Describe()}; export the model again.");
                }
            }
        }

        var waits = new int[nodes.Count];
        var readers = new List<int>[nodes.Count];
        for (var i = 0; i < nodes.Count; i++)
        {
            foreach (var input in nodes[i].Input.Where(n => n.Length > 0 && !known.Contains(n)).Distinct(StringComparer.Ordinal))
            {
                if (!producers.TryGetValue(input, out var producer))
                {
                    throw new ModelException($"{nodes[i].Describe()} reads '{input}', which nothing in the graph makes; export the model again.");
                }

                (readers[producer] ??= []).Add(i);
                waits[i]++;
            }
        }

        if (outputs.FirstOrDefault(o => !producers.ContainsKey(o) && !known.Contains(o)) is { } missing)
        {
            throw new ModelException($"The graph's output '{missing}' is made by no node; export the model again.");
        }

        var ready = new PriorityQueue<int, int>(Enumerable.Range(0, nodes.Count).Where(i => waits[i] == 0).Select(i => (i, i)));
        var sorted = new List<NodeProto>(nodes.Count);
        while (ready.TryDequeue(out var next, out _))
        {
            sorted.Add(nodes[next]);
            foreach (var reader in readers[next] ?? [])
            {
                if (--waits[reader] == 0)
                {
                    ready.Enqueue(reader, reader);
                }
            }
        }

        return sorted.Count == nodes.Count ? sorted : throw Cycle(nodes, producers, waits);
    }

    /// <summary>Walks backwards among the nodes that wait until one comes again, then names the edge that runs against the file's order.</summary>
    private static ModelException Cycle(IReadOnlyList<NodeProto> nodes, Dictionary<string, int> producers, int[] waits)
    {
        int Waited(int node) => nodes[node].Input.Select(n => producers.GetValueOrDefault(n, -1)).First(p => p >= 0 && waits[p] > 0);

        var at = Array.FindIndex(waits, w => w > 0);
        for (var step = 0; step < nodes.Count; step++)
        {
            at = Waited(at);
        }

        var (worst, from) = (at, Waited(at));
        for (var node = Waited(at); node != at; node = Waited(node))
        {
            if (Waited(node) - node > from - worst)
            {
                (worst, from) = (node, Waited(node));
            }
        }

        return new ModelException(
            $"The graph has a cycle: {nodes[worst].Describe()} reads '{nodes[worst].Input.First(n => producers.GetValueOrDefault(n, -1) == from)}', " +
            $"an output of {nodes[from].Describe()}, which needs the former's result; export the model again.");
    }
}
