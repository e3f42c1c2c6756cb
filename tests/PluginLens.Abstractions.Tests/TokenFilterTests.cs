using PluginLens.Testing;

namespace PluginLens.Tests;

public sealed class TokenFilterTests
{
    private static readonly string[] Words = [" the", "cat", " é", "a1", "[x]", "\n", "<end>", " "];

    private static FakeModel Model(int vocabulary) => new(
        new ModelConfig { DModel = 1, NHeads = 1, NLayers = 1, DHead = 1, DVocab = vocabulary },
        new FakeTokenizer(Words, "<end>"));

    private static string Kept(TokenFilter filter) => string.Join('|', Words.Where((_, id) => filter.Mask(Model(Words.Length))?[id] ?? true));

    [Test]
    public void Mask_WithoutFilters_IsNull() => Assert.That(new TokenFilter().Mask(Model(Words.Length)), Is.Null);

    [Test]
    public void Mask_Filters_DropWhatTheyName()
    {
        Assert.That(Kept(new TokenFilter { OnlyAscii = true }), Is.EqualTo(" the|cat|a1|[x]|\n|<end>| "));
        Assert.That(Kept(new TokenFilter { OnlyAlnum = true }), Is.EqualTo(" the|cat| é|a1"));
        Assert.That(Kept(new TokenFilter { OnlyEnglish = true }), Is.EqualTo(" the|cat|a1|[x]"));
        Assert.That(Kept(new TokenFilter { WordInitial = true }), Is.EqualTo(" the| é| "));
        Assert.That(Kept(new TokenFilter { OnlyFromList = new WordList("list", ["THE ", "", " a1"]) }), Is.EqualTo(" the|a1"));
        Assert.That(Kept(new TokenFilter { ExcludeBrackets = true, ExcludeSpecial = true, OnlyAscii = true }), Is.EqualTo(" the|cat|a1|\n| "));
    }

    [Test]
    public void Mask_PaddingIds_AreDroppedByDefault()
    {
        var model = Model(Words.Length + 2);

        Assert.That(new TokenFilter().Mask(model), Is.EqualTo([.. Enumerable.Repeat(true, Words.Length), false, false]));
        Assert.That(new TokenFilter { Padding = Padding.Keep }.Mask(model), Is.Null);
    }

    /// <summary>Ids without text pass no filter of texts, kept or not.</summary>
    [Test]
    public void Mask_PaddingIdsUnderATextFilter_AreLeftOut([Values] Padding padding)
    {
        bool[] ascii = [true, true, false, true, true, true, true, true, false, false];

        Assert.That(new TokenFilter { OnlyAscii = true, Padding = padding }.Mask(Model(Words.Length + 2)), Is.EqualTo(ascii));
    }

    [Test]
    public void Mask_ThatLeavesNothing_IsAUsageError() => Assert.That(
        () => new TokenFilter { OnlyEnglish = true, RoundTrip = true, ExcludeBrackets = true, OnlyFromList = new WordList("list", ["unseen"]) }.Mask(Model(Words.Length)),
        Throws.TypeOf<UsageException>().With.Message.Contains("none of the 8 tokens"));

    [Test]
    public void Mask_WithoutTokenizer_IsAUsageError()
    {
        Assert.That(() => new TokenFilter { OnlyAscii = true }.Mask(Model(3).WithTokenizer(null)), Throws.TypeOf<UsageException>().With.Message.Contains("no tokenizer"));
        Assert.That(new TokenFilter().Mask(Model(3).WithTokenizer(null)), Is.Null);
    }

    [Test]
    public void SameTextClasses_StrippedAndLowerCaseTextsShareOne()
    {
        var model = new FakeModel(new ModelConfig { DModel = 1, NHeads = 1, NLayers = 1, DHead = 1, DVocab = 6 }, new FakeTokenizer(["The", " the", "cat", "the "]));

        var classes = TokenFilter.SameTextClasses(model);

        Assert.That(classes[..4], Is.EqualTo([0, 0, 1, 0]));
        Assert.That(classes[4..], Is.Unique);
        Assert.That(() => TokenFilter.SameTextClasses(model.WithTokenizer(null)), Throws.TypeOf<UsageException>().With.Message.Contains("no tokenizer").And.Message.Contains("--exclude-same"));
    }
}
