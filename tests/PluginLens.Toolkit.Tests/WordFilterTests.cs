namespace PluginLens.Toolkit.Tests;

public sealed class WordFilterTests
{
    private static readonly string[] Pieces = ["Ġthe", "pione", "ø", "Ġ", "Ċ", "76", "Ġcafé", "Ġ-", "pi", "one", "\u001cone", "�"];

    [Test]
    public void Mask_KeepsWhatEachFilterNames()
    {
        Assert.That(Kept(BpeFilter.None), Is.EqualTo(Pieces));
        // 'ø' and 'Ċ' stand for single bytes: the first passes because the string, not the text, is judged; the second is text of its own.
        Assert.That(Kept(BpeFilter.RoundTrip), Is.EqualTo(["Ġthe", "pione", "ø", "Ġ", "76", "Ġcafé", "Ġ-", "pi", "one", "\u001cone"]));
        Assert.That(Kept(BpeFilter.LeadingSpace), Is.EqualTo(["Ġthe", "Ġ", "Ġcafé", "Ġ-"]));
        Assert.That(Kept(BpeFilter.Alpha), Is.EqualTo(["Ġthe", "pione", "Ġcafé", "pi", "one", "\u001cone"]));
        Assert.That(Kept(BpeFilter.Alpha, [.. Pieces.Select(piece => piece.Length > 3)]), Is.EqualTo(["Ġthe", "pione", "Ġcafé", "\u001cone"]));
    }

    [Test]
    public void Mask_WithoutTokenizerOrTokens_IsAUsageError()
    {
        Assert.That(() => BpeFilters.Mask(Model.WithTokenizer(null), BpeFilter.Alpha), Throws.TypeOf<UsageException>().With.Message.Contains("no tokenizer"));
        Assert.That(() => BpeFilters.Mask(Model, BpeFilter.Alpha, new bool[Pieces.Length]), Throws.TypeOf<UsageException>().With.Message.Contains("none of the 12 tokens"));
        Assert.That(BpeFilters.Mask(Model.WithTokenizer(null), BpeFilter.None), Is.Null);
    }

    [Test]
    public void FromPool_TakesTheFirstThatPass_AndMayFallShort()
    {
        var pool = new RowTopK(2, 3, [4, 0, 2, 1, 3, 0], [9, 8, 7, 6, 5, 4]);
        var lists = TokenList.FromPool(pool, [true, false, true, false, true], 2);

        Assert.That(lists[0].Ids, Is.EqualTo([4, 0]));
        Assert.That(lists[0].Scores, Is.EqualTo([9, 8]));
        Assert.That(lists[1].Ids, Is.EqualTo([0]));
        Assert.That(TokenList.FromPool(pool, null, 2)[1].Scores, Is.EqualTo([6, 5]));
    }

    [Test]
    public void Sets_CountWhatIsShared()
    {
        Assert.That(TokenSets.Overlap([1, 2, 3], [3, 4, 1]), Is.EqualTo(2));
        Assert.That(TokenSets.Jaccard([1, 2, 3], [3, 4, 1]), Is.EqualTo(0.5));
        Assert.That(TokenSets.Jaccard([], []), Is.Zero);
    }

    [Test]
    public void Notes_LeaveOutEmptyClauses()
    {
        Assert.That(NoteLine.Of("weights raw", null, string.Empty, "biases off"), Is.EqualTo("weights raw; biases off"));
        Assert.That(PaddingNote.Of(Model, new TokenFilter()), Is.Null);
        var padded = Model.WithConfig(config => config with { DVocab = 15 });
        Assert.That(PaddingNote.Of(padded, new TokenFilter { Padding = Padding.Keep }), Is.EqualTo("3 padding ids kept"));
        Assert.That(PaddingNote.Of(padded, new TokenFilter()), Is.EqualTo("3 padding ids dropped"));
        Assert.That(PaddingNote.Of(padded, new TokenFilter { Padding = Padding.Keep, OnlyAlnum = true }), Is.EqualTo("3 padding ids dropped"), "they have no text to pass by");
    }

    [Test]
    public void Notes_OfKeptPadding_DoNotDependOnWhatElseIsDropped() => Assert.That(
        PaddingNote.Of(Model.WithConfig(config => config with { DVocab = 15 }).WithWeight("embed.W_E", new float[15], 15, 1), new TokenFilter { Padding = Padding.Keep, DropFlagged = true, LargeNorm = 9 }),
        Is.EqualTo("3 padding ids kept; 0 tokens of large norm dropped (above 9 x the median)"));

    [Test]
    public void SimilarWords_OfASearchThatCannotCentre_AreRefused()
    {
        var lists = new SimilarWords(Context.Of(Model), new ListOptions { Center = true }, 3);

        Assert.That(() => lists.Of((_, _) => new RowTopK(0, 0, [], [])), Throws.TypeOf<UsageException>().With.Message.Contains("--center"));
        Assert.That(lists.Of((_, _) => new RowTopK(0, 0, [], []), centred: true), Is.Empty);
        Assert.That(() => new SimilarWords(Context.Of(Model), new VectorOptions { Cosine = CosineOf.Output }, 3).Of((_, _) => new RowTopK(0, 0, [], [])), Throws.TypeOf<UsageException>());
    }

    private static FakeModel Model { get; } = new(Models.Sizes with { DVocab = Pieces.Length }, new ByteLevel());

    private static IEnumerable<string> Kept(BpeFilter filter, bool[]? keep = null)
    {
        var mask = BpeFilters.Mask(Model, filter, keep);
        return Pieces.Where((_, id) => mask?[id] ?? true);
    }

    /// <summary>Longest piece first; a piece's text is itself with Ġ as a space, Ċ as a line end; 'ø' is half a character; nothing encodes to the last.</summary>
    private sealed class ByteLevel : ModelTokenizer
    {
        public override int Count => Pieces.Length;

        public override int[] Encode(string text, bool addSpecial = false)
        {
            var ids = new List<int>();
            for (var at = 0; at < text.Length;)
            {
                var best = Enumerable.Range(0, Count - 1).Where(id => Matches(text, at, Own(id))).OrderByDescending(id => Pieces[id].Length).FirstOrDefault(-1);
                ids.AddRange(best < 0 ? [0, 0] : [best]);
                at += best < 0 ? 1 : Pieces[best].Length;
            }

            return [.. ids];
        }

        public override string Decode(IReadOnlyList<int> ids) => string.Concat(ids.Select(Own));

        public override string? Piece(int id) => id < Count ? Pieces[id] : null;

        public override bool IsSpecial(int id) => false;

        public override string Text(int id) => Pieces[id] == "ø" ? "�" : Own(id);

        private static string Own(int id) => Pieces[id].Replace('Ġ', ' ').Replace('Ċ', '\n');

        private static bool Matches(string text, int at, string piece) => string.CompareOrdinal(text, at, piece, 0, piece.Length) == 0;
    }
}
