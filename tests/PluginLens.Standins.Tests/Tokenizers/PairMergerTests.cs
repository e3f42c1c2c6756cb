using Microsoft.ML.Tokenizers;

namespace PluginLens.Standins.Tests.Tokenizers;

public class PairMergerTests
{
    [Test]
    public void Merge_RandomTables_QueueAgreesWithPlainForm()
    {
        var random = new Random(7);
        for (var round = 0; round < 2000; round++)
        {
            var table = new RandomTable(random.Next(), symbols: random.Next(2, 12), ranks: random.Next(1, 30));
            var text = Enumerable.Range(0, random.Next(0, 120)).Select(_ => random.Next(table.Symbols)).ToArray();
            var (shortIds, shortStarts) = Run(PairMerger.MergeShort, table, text);
            var (longIds, longStarts) = Run(PairMerger.MergeLong, table, text);

            Assert.That(longIds, Is.EqualTo(shortIds), $"round {round}");
            Assert.That(longStarts, Is.EqualTo(shortStarts), $"round {round}");
        }
    }

    [Test]
    public void Merge_EqualRanks_TakesTheLeftmost()
    {
        var table = new MergeTable(["a a"], new() { ["a"] = 0, ["aa"] = 1 }, string.Empty);

        Assert.That(Run(PairMerger.Merge, table, [0, 0, 0]), Is.EqualTo((new[] { 1, 0 }, new[] { 0, 2 })));
    }

    [Test]
    [CancelAfter(20_000)]
    public void Merge_OneLongWord_IsNotQuadratic()
    {
        var vocabulary = new Dictionary<string, int> { ["a"] = 0, ["aa"] = 1, ["aaaa"] = 2 };
        var table = new MergeTable(["a a", "aa aa"], vocabulary, string.Empty);
        var (ids, _) = Run(PairMerger.Merge, table, new int[1_000_000]);

        Assert.That(ids, Has.Length.EqualTo(250_000).And.All.EqualTo(2));
    }

    private delegate int Merger(PairTable table, Span<int> ids, Span<int> starts);

    private static (int[] Ids, int[] Starts) Run(Merger merge, PairTable table, int[] text)
    {
        var ids = text.ToArray();
        var starts = Enumerable.Range(0, text.Length).ToArray();
        var count = merge(table, ids, starts);
        return (ids[..count], starts[..count]);
    }

    /// <summary>Few ranks, so that ties are common; merged symbols merge on.</summary>
    private sealed class RandomTable(int seed, int symbols, int ranks) : PairTable
    {
        private readonly Dictionary<long, long> _merges = [];
        private readonly Random _random = new(seed);

        public int Symbols => symbols;

        public override long Find(int left, int right)
        {
            if (!_merges.TryGetValue(Key(left, right), out var merge))
                _merges[Key(left, right)] = merge = _random.Next(3) == 0 ? None : Pack(_random.Next(ranks), _random.Next(symbols * 3));
            return merge;
        }
    }
}
