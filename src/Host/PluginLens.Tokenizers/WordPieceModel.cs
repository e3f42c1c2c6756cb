namespace PluginLens.Tokenizers;

/// <summary>
/// Spells a word with the longest piece that fits, again and again; a word that cannot be spelled is unknown as a whole. The package has
/// such a model, which lays a word out on the stack as long as the file's limit allows: a hostile file would end the process.
/// </summary>
internal sealed class WordPieceModel
{
    private readonly Pieces _first;
    private readonly Pieces _continuing;
    private readonly int _unknown;
    private readonly int _most;

    /// <param name="vocabulary">Id by token.</param>
    /// <param name="unknown">Id of the unknown token.</param>
    /// <param name="prefix">Mark of a token that continues a word.</param>
    /// <param name="most">Words of more code points are unknown.</param>
    public WordPieceModel(IReadOnlyDictionary<string, int> vocabulary, int unknown, string prefix, int most)
    {
        _first = new Pieces(vocabulary);
        _continuing = new Pieces(vocabulary.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(entry => KeyValuePair.Create(entry.Key[prefix.Length..], entry.Value)));
        (_unknown, _most) = (unknown, most);
    }

    /// <summary>Appends the ids of a word.</summary>
    public void Encode(string word, List<int> into)
    {
        var before = into.Count;
        if (word.Length > _most && word.EnumerateRunes().Count() > _most)
        {
            into.Add(_unknown);
            return;
        }

        for (var start = 0; start < word.Length;)
        {
            var (length, id) = (start == 0 ? _first : _continuing).Longest(word.AsSpan(start));
            if (length == 0)
            {
                into.RemoveRange(before, into.Count - before);
                into.Add(_unknown);
                return;
            }

            into.Add(id);
            start += length;
        }
    }

    /// <summary>Pieces that may stand at one kind of place.</summary>
    private sealed class Pieces
    {
        private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids;
        private readonly int[] _lengths;

        public Pieces(IEnumerable<KeyValuePair<string, int>> pieces)
        {
            var ids = pieces.Where(entry => entry.Key.Length > 0).ToDictionary(StringComparer.Ordinal);
            _ids = ids.GetAlternateLookup<ReadOnlySpan<char>>();
            _lengths = [.. ids.Keys.Select(piece => piece.Length).Distinct().OrderDescending()];
        }

        /// <summary>The longest piece with which a text begins; length 0 = none.</summary>
        public (int Length, int Id) Longest(ReadOnlySpan<char> text)
        {
            foreach (var length in _lengths)
            {
                if (length <= text.Length && _ids.TryGetValue(text[..length], out var id))
                {
                    return (length, id);
                }
            }

            return (0, 0);
        }
    }
}
