namespace Microsoft.ML.Tokenizers;

/// <summary>Finds all pieces that begin at a place, shortest first.</summary>
internal sealed class PieceTrie
{
    private readonly Dictionary<long, int> _next = [];
    private readonly List<int> _ids = [-1];

    public PieceTrie(IEnumerable<KeyValuePair<string, int>> pieces)
    {
        foreach (var (piece, id) in pieces)
        {
            var node = 0;
            foreach (var c in piece)
            {
                if (!_next.TryGetValue(Key(node, c), out var child))
                {
                    child = _next[Key(node, c)] = _ids.Count;
                    _ids.Add(-1);
                }

                node = child;
            }

            _ids[node] = id;
        }
    }

    /// <summary>Moves along one character; -1 where no piece goes on.</summary>
    public int Step(int node, char c) => _next.GetValueOrDefault(Key(node, c), -1);

    /// <summary>Id of the piece that ends at a node, or -1.</summary>
    public int Id(int node) => _ids[node];

    private static long Key(int node, char c) => ((long)node << 16) | c;
}
