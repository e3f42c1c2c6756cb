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
        Assert.That(new TokenFilter { Padding = Padding.Keep, OnlyAscii = true }.Mask(model)![Words.Length..], Is.EqualTo([false, false]), "what has no text passes no filter by text");
    }

    /// <summary>Ids without text pass no filter of texts, kept or not.</summary>
    [Test]
    public void Mask_PaddingIdsUnderATextFilter_AreLeftOut([Values] Padding padding)
    {
        bool[] ascii = [true, true, false, true, true, true, true, true, false, false];

        Assert.That(new TokenFilter { OnlyAscii = true, Padding = padding }.Mask(Model(Words.Length + 2)), Is.EqualTo(ascii));
    }

    /// <summary>Norms 1 to 5: the median is 3 of five, 3 of the rows with padding in an even number too (between 2 and 4).</summary>
    [Test]
    public void LargeNorms_AreThoseAboveAMultipleOfTheMedian()
    {
        FakeModel Sized(params float[] norms) => Model(norms.Length).WithWeight("embed.W_E", norms, norms.Length, 1);

        Assert.That(new TokenFilter().LargeNorms(Sized(1, -5, 3, 2, 4)), Is.EqualTo([false, true, false, false, false]));
        Assert.That(new TokenFilter { LargeNorm = 1 }.LargeNorms(Sized(1, -5, 3, 2, 4)), Is.EqualTo([false, true, false, false, true]));
        Assert.That(new TokenFilter { LargeNorm = 1.3 }.LargeNorms(Sized(1, -5, 2, 4)), Is.EqualTo([false, true, false, true]));
        Assert.That(new TokenFilter().LargeNorms(Sized(0, 0, 0)), Is.All.False);
        Assert.That(new TokenFilter { DropFlagged = true }.Mask(Sized(1, -5, 3, 2, 4)), Is.EqualTo([true, false, true, true, true]));
        Assert.That(new TokenFilter { DropFlagged = true, OnlyAscii = true }.Mask(Sized(1, -5, 3, 2, 4)), Is.EqualTo([true, false, false, true, true]));
        Assert.That(new TokenFilter { DropFlagged = true }.Mask(Sized(1, -5, 3, 2, 4).WithTokenizer(null)), Is.EqualTo([true, false, true, true, true]), "norms need no text");
        Assert.That(
            () => new TokenFilter { DropFlagged = true, LargeNorm = 0 }.Mask(Sized(1, -5, 3, 2, 4)), Throws.TypeOf<UsageException>().With.Message.Contains("none of the 5 tokens"));
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
    public void Strip_TakesAwayWhatPythonDoes_AndNothingElse()
    {
        // str.isspace of Python, every character of it.
        int[] spaces = [.. Enumerable.Range(9, 5), .. Enumerable.Range(0x1c, 5), 0x85, 0xa0, 0x1680, .. Enumerable.Range(0x2000, 11), 0x2028, 0x2029, 0x202f, 0x205f, 0x3000];

        Assert.That(Enumerable.Range(0, 0x10000).Where(code => WhiteSpace.Strip($"{(char)code}x{(char)code}") == "x"), Is.EqualTo(spaces));
        Assert.That(WhiteSpace.Strip("\u001c \u001f"), Is.Empty);
        Assert.That(WhiteSpace.Strip(" a b\n"), Is.EqualTo("a b"));
    }

    [Test]
    public void Texts_AreComparedStrippedAsTheAuthorsCodeDoes()
    {
        // GPT-2 has tokens of single control characters; U+001C to U+001F are white space to Python and not to string.Trim.
        var model = Model(6).WithTokenizer(new FakeTokenizer(["\u001ca1", "a1", "\u001f", " ", "\u001b", "[b]\u001d"]));
        bool[] Mask(TokenFilter filter) => filter.Mask(model)!;

        Assert.That(Mask(new TokenFilter { OnlyAlnum = true }), Is.EqualTo([true, true, false, false, false, false]));
        Assert.That(Mask(new TokenFilter { OnlyEnglish = true }), Is.EqualTo([true, true, false, false, false, true]));
        Assert.That(Mask(new TokenFilter { OnlyFromList = new WordList("list", ["A1\u001e", "\u001c"]) }), Is.EqualTo([true, true, false, false, false, false]));
        Assert.That(TokenFilter.SameTextClasses(model), Is.EqualTo([0, 0, 1, 1, 2, 3]));
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
