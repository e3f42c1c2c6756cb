namespace Microsoft.ML.Tokenizers;

/// <summary>The pairs of a merges list: the line number is the rank.</summary>
internal sealed class MergeTable : PairTable
{
    private readonly Dictionary<long, long> _merges;

    /// <param name="merges">Lines <c>left right</c>, first merge first.</param>
    /// <param name="vocabulary">Piece to id; must hold both sides and their union.</param>
    /// <param name="continuingPrefix">Dropped from the right side before the union (<c>##</c>), or empty.</param>
    public MergeTable(IEnumerable<string> merges, Dictionary<string, int> vocabulary, string continuingPrefix)
    {
        _merges = new(merges.TryGetNonEnumeratedCount(out var count) ? count : vocabulary.Count);
        var lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        var union = new char[64];
        var rank = 0;
        foreach (var line in merges)
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space <= 0 || space == line.Length - 1)
                throw new InvalidOperationException($"Merge {rank + 1} is not two tokens with a space between.");
            var left = line.AsSpan(0, space);
            var right = line.AsSpan(space + 1);
            var rest = right.StartsWith(continuingPrefix, StringComparison.Ordinal) ? right[continuingPrefix.Length..] : right;
            if (union.Length < left.Length + rest.Length)
                union = new char[left.Length + rest.Length];
            left.CopyTo(union);
            rest.CopyTo(union.AsSpan(left.Length));
            if (!lookup.TryGetValue(left, out var leftId)
                || !lookup.TryGetValue(right, out var rightId)
                || !lookup.TryGetValue(union.AsSpan(0, left.Length + rest.Length), out var unionId))
            {
                throw new InvalidOperationException($"Merge {rank + 1} names a token that the vocabulary lacks.");
            }

            // A pair listed twice counts where it stands last, as in the published implementations.
            _merges[Key(leftId, rightId)] = Pack(rank++, unionId);
        }
    }

    public override long Find(int left, int right) => _merges.TryGetValue(Key(left, right), out var merge) ? merge : None;
}
