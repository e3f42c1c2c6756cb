namespace PluginLens.Testing;

/// <summary>A tokenizer made of a list of words: id = place in the list. Text is cut greedily, longest word first.</summary>
/// <param name="words">Text of each id, leading spaces included.</param>
/// <param name="special">Words that are special tokens.</param>
public sealed class FakeTokenizer(IEnumerable<string> words, params string[] special) : ModelTokenizer
{
    private readonly string[] _words = [.. words];

    /// <inheritdoc/>
    public override int Count => _words.Length;

    /// <summary>Id of a character that no word begins with; null = such text is refused.</summary>
    public int? Unknown { get; init; }

    /// <inheritdoc/>
    public override int? UnkId => Unknown;

    /// <inheritdoc/>
    public override int[] Encode(string text, bool addSpecial = false)
    {
        var ids = new List<int>();
        for (var at = 0; at < text.Length;)
        {
            var best = -1;
            for (var id = 0; id < _words.Length; id++)
            {
                if (_words[id].Length > (best < 0 ? 0 : _words[best].Length) && string.CompareOrdinal(text, at, _words[id], 0, _words[id].Length) == 0)
                {
                    best = id;
                }
            }

            if (best < 0 && Unknown is null)
            {
                throw new UsageException($"The fake tokenizer has no word for '{text[at..]}'.");
            }

            ids.Add(best < 0 ? Unknown!.Value : best);
            at += best < 0 ? 1 : _words[best].Length;
        }

        return [.. ids];
    }

    /// <inheritdoc/>
    public override string Decode(IReadOnlyList<int> ids) => string.Concat(ids.Select(id => _words[id]));

    /// <inheritdoc/>
    public override string? Piece(int id) => id >= 0 && id < _words.Length ? _words[id] : null;

    /// <inheritdoc/>
    public override bool IsSpecial(int id) => Piece(id) is { } word && special.Contains(word);
}
