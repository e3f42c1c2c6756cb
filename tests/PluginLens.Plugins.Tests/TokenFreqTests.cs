using PluginLens.Plugins.HeadTables;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What <c>token-freq</c> counts, and what of a file it refuses.</summary>
public sealed class TokenFreqTests : AnalysisTests<TokenFreq>
{
    /// <summary>Eight words, the last a special token.</summary>
    private static readonly FakeModel Words = VectorModels.Make().WithTokenizer(new FakeTokenizer(["a", " a", "b", " b", "c", " ", "\u00e9", "<s>", "<", "s", ">"], "<s>"));

    private HeadTablesFile _text = null!;

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new TokenFreqOptions { Words = _text.Path }),
        new(Gpt2, new TokenFreqOptions { Words = _text.Path, Unseen = true }),
    ];

    protected override string[] Approximate => [];

    protected override string[] Undefined => [];

    [OneTimeSetUp]
    public void Write() => _text = new HeadTablesFile("the king\nthe queen\n");

    [OneTimeTearDown]
    public void Delete() => _text.Dispose();

    /// <summary>Lines end as Python reads them; white space around them goes, so that the first word has no space; blank lines count nothing.</summary>
    [Test]
    public void Counts_OfLines_AreThoseOfTheirTokens()
    {
        using var text = new HeadTablesFile("  a b a\r\n\r\n\t \u001c\nb a\r\u00e9");

        var rows = TestRun.Execute(new TokenFreq(), Words, new TokenFreqOptions { Words = text.Path }).Rows<CountedToken>("token-freq");

        Assert.That(rows.Select(row => (row.Rank, row.Token.Id, row.Count)), Is.EqualTo(new[] { (1, 1, 2L), (2, 0, 1L), (3, 2, 1L), (4, 3, 1L), (5, 6, 1L) }));
        var sum = 1 + (VectorModels.V * 1e-10);
        Assert.That(rows.Select(row => row.P), Is.EqualTo(rows.Select(row => ((row.Count / 6.0) + 1e-10) / sum)).Within(1e-15));
    }

    [Test]
    public void Unseen_ListsEveryId_AndProbabilitiesSumToOne()
    {
        using var text = new HeadTablesFile("a");

        var rows = TestRun.Execute(new TokenFreq(), Words, new TokenFreqOptions { Words = text.Path, Unseen = true }).Rows<CountedToken>("token-freq");

        Assert.That(rows.Select(row => row.Token.Id), Is.EqualTo(Enumerable.Range(0, VectorModels.V)));
        Assert.That(rows.Sum(row => row.P), Is.EqualTo(1).Within(1e-14));
        Assert.That(rows[1].P, Is.EqualTo(1e-10).Within(1e-17), "what smoothing leaves a token that does not occur");
    }

    /// <summary>The words of a special token are words; the fake tokenizer cannot take them apart, the real one does.</summary>
    [Test]
    public void SpecialTokens_InTheText_AreText()
    {
        using var text = new HeadTablesFile("the <|endoftext|> king");
        var gpt2 = Gpt2();

        var rows = TestRun.Execute(new TokenFreq(), gpt2, new TokenFreqOptions { Words = text.Path }).Rows<CountedToken>("token-freq");

        Assert.That(rows.Select(row => gpt2.Tokenizer!.IsSpecial(row.Token.Id)), Is.Not.Empty.And.All.False);
        Assert.That(rows.Sum(row => row.Count), Is.EqualTo(gpt2.Tokenizer!.EncodePlain("the <|endoftext|> king").Length));
        using var special = new HeadTablesFile("a<s>");
        Assert.That(() => TestRun.Execute(new TokenFreq(), Words, new TokenFreqOptions { Words = special.Path }), Throws.TypeOf<UsageException>().With.Message.Contains("special token '<s>'"));
    }

    [Test]
    public void EmptyText_WarnsAndMakesTokensEquallyLikely()
    {
        using var text = new HeadTablesFile(" \n\n");

        var without = TestRun.Execute(new TokenFreq(), Words, new TokenFreqOptions { Words = text.Path });
        var with = TestRun.Execute(new TokenFreq(), Words, new TokenFreqOptions { Words = text.Path, Unseen = true });

        Assert.That(without.Rows<CountedToken>("token-freq"), Is.Empty);
        Assert.That(without.Warnings, Has.One.Contains("holds no text"));
        Assert.That(with.Rows<CountedToken>("token-freq").Select(row => row.P), Is.All.EqualTo(1.0 / VectorModels.V).Within(1e-16));
    }

    [Test]
    public void FilesThatCannotBeCounted_AreRefused()
    {
        static void Refused(TokenFreqOptions options, string said) =>
            Assert.That(() => TestRun.Execute(new TokenFreq(), Words, options), Throws.TypeOf<UsageException>().With.Message.Contains(said));

        using var bytes = new HeadTablesFile([97, 0xff, 97]);
        Refused(new TokenFreqOptions(), "give --words FILE");
        Refused(new TokenFreqOptions { Words = "/no/such/file" }, "--words '/no/such/file'");
        Refused(new TokenFreqOptions { Words = bytes.Path }, "expected UTF-8");
        Assert.That(() => TestRun.Plan(new TokenFreq(), Words, new TokenFreqOptions { Words = "/no/such/file" }), Throws.TypeOf<UsageException>().With.Message.Contains("no such file"));
    }

    [Test]
    public void Figure_ShowsTheMostFrequent() => Assert.That(
        ((Chart)TestRun.Execute(new TokenFreq(), Gpt2(), new TokenFreqOptions { Words = _text.Path }).Figures["token-freq"]).Series[0].Values, Is.Ordered.Descending.And.Not.Empty);
}
