using PluginLens.Tokenizers.Splitting;

namespace PluginLens.Tokenizers.Tests;

public class SplitTests
{
    private static readonly string[] Fragments =
    [
        "a", "B", "é", "ſ", "中", "𝙊", "𝟘", "🙂", "\u0301", "1", "½", "٣", " ", "  ", "\n", "\r\n", "\t", "\u00A0", "\u2028", "\u3000", "\u001C", "\u200D",
        "'", "'s", "'S", "'re", "'ll", "'ve", "'d", "'ſ", ".", "_", "-", "$", "\uFFFD", "\u0378", "\uE000",
    ];

    [Test]
    public void Gpt2Split_RandomTexts_AgreesWithThePattern()
    {
        var random = new Random(5);
        var pattern = new RegexSplit(Patterns.Gpt2);
        for (var round = 0; round < 4000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(0, 20)).Select(_ => Fragments[random.Next(Fragments.Length)]));

            Assert.That(Pieces(Gpt2Split.Split, text), Is.EqualTo(Pieces(pattern.Isolated, text)), text);
        }
    }

    [Test]
    public void RegexSplit_CharactersBeyondTheBasicPlane_AreOneUnitOfTheirClass()
    {
        var letters = new RegexSplit(@"\p{Lu}+|\p{N}{1,3}");

        Assert.That(Pieces(letters.Isolated, "x𝙊𝙊y𝟘𝟘𝟘𝟘🙂"), Is.EqualTo(new[] { "x", "𝙊𝙊", "y", "𝟘𝟘𝟘", "𝟘", "🙂" }));
    }

    [TestCase(@"a++b", "aab", "aab")]
    [TestCase(@"a++a", "aa", "")]
    [TestCase(@"(?:ab)?+ab", "ab", "")]
    [TestCase(@"[ab]{1,2}+b", "abab", "abab")]
    [TestCase(@"a{2}+", "aaaaa", "aaaa")]
    [TestCase(@"a{2}?b", "b", "b")]
    [TestCase(@"a{2}?b", "aab", "aab")]
    [TestCase(@"a{1,3}?", "aa", "aa")]
    [TestCase(@"xa{,2}", "xaaa", "xaa")]
    [TestCase(@"a{x}", "a{x}", "a{x}")]
    [TestCase(@"a+{2}", "aa", "aa")]
    [TestCase(@"[a-z&&[^aeiou]]+", "basic", "bsc")]
    [TestCase(@"[^a-z&&[^aeiou]]+", "basic1", "ai1")]
    [TestCase(@"[a-c[x-z]]+", "abmxy", "abxy")]
    [TestCase(@"[a-z&&[aeiou][xyz]]+", "baxet", "axe")]
    [TestCase(@"[\w-[x]]+", "a-x.", "a-x")]
    [TestCase(@"[[:digit:]a]+", "a1b", "a1")]
    [TestCase(@"[[:^digit:]]+", "a1b", "ab")]
    [TestCase(@"[\p{Lu}\p{Lo}&&[^\p{Han}]]+", "A中あ", "Aあ")]
    [TestCase(@"\p{Han}+", "中𠀀あ〇", "中𠀀〇")]
    [TestCase(@"\p{hiragana}|\p{^Katakana}", "アa", "a")]
    [TestCase(@"\P{Letter}", "a1", "1")]
    [TestCase(@"\p{Decimal_Number}\p{lu}", "1A", "1A")]
    [TestCase(@"\h+", "xfF0g", "fF0")]
    [TestCase(@"\x41\u0042\x{43}", "ABC", "ABC")]
    [TestCase(@"^b", "a\nb", "b")]
    [TestCase(@"a$", "a\nb", "a")]
    [TestCase(@"\R", "a\r\nb", "\r\n")]
    [TestCase(@"x(?i)a|b", "xB", "xB")]
    [TestCase(@"\bа\u0903\b", "а\u0903", "а\u0903")]
    [TestCase(@"\w+", "a\u0903Ⅷⓐ.", "a\u0903Ⅷⓐ")]
    [TestCase(@"(?#note)(?<name>a)(b)", "ab", "ab")]
    [TestCase(@"(?i:'s)", "'ſ", "'ſ")]
    [TestCase(@"(?i:'s)", "'S", "'S")]
    [TestCase(@"'s", "'ſ", "")]
    [TestCase(@"'(?i:[sdmt])", "'ſ", "'ſ")]
    [TestCase(@"(?i:x)s", "Xſ", "")]
    [TestCase(@"\p{L}++\[", "ab[", "ab[")]
    [TestCase(@"(?i:k)", "K", "K")]
    public void RegexDialect_ForeignSyntax_MeansTheSame(string pattern, string text, string match) =>
        Assert.That(string.Concat(Pieces(new RegexSplit(pattern).As(SplitBehavior.Removed, invert: true), text)), Is.EqualTo(match));

    [TestCase(@"(?~a)", "the option '~'")]
    [TestCase(@"\p{Emoji}", "'Emoji'")]
    [TestCase(@"[[:alpha:]]", "'alpha'")]
    [TestCase(@"\X", "'\\X'")]
    [TestCase(@"(a)\1", "'\\1'")]
    [TestCase(@"\x{1F600}", "up to U+FFFF")]
    [TestCase(@"[😀-😎]", "beyond U+FFFF")]
    [TestCase(@"a{3,2}", "wrong way round")]
    [TestCase(@"(a", "without end")]
    [TestCase(@"a)", "too many")]
    [TestCase(@"[a", "without end")]
    [TestCase(@"*a", "after nothing")]
    [TestCase(@"(?x: a)", "the option 'x'")]
    [TestCase(@"(?m:.)", "the option 'm'")]
    [TestCase(@"[z-a]", "wrong way round")]
    public void RegexDialect_WhatHasNoTranslation_IsRefused(string pattern, string expected) =>
        Assert.That(() => new RegexSplit(pattern), Throws.TypeOf<InvalidDataException>().With.Message.Contains(expected));

    [TestCase("Isolated", "a|-|-|b|-")]
    [TestCase("Removed", "a|b")]
    [TestCase("MergedWithPrevious", "a-|-|b-")]
    [TestCase("MergedWithNext", "a|-|-b|-")]
    [TestCase("Contiguous", "a|--|b|-")]
    public void MatchSplit_Behaviors_PutMatchesWhereTheySay(string behavior, string expected)
    {
        var into = new List<string>();
        MatchSplit.Add("a--b-", MatchSplit.Spans("a--b-", "-"), Enum.Parse<SplitBehavior>(behavior), into);

        Assert.That(string.Join('|', into), Is.EqualTo(expected));
    }

    [Test]
    public void Metaspace_Schemes_DecideWhoGetsAMark()
    {
        Assert.That(Pieces(TextSplits.Metaspace("▁", "always", true), "a b"), Is.EqualTo(new[] { "▁a", "▁b" }));
        Assert.That(Pieces(TextSplits.Metaspace("▁", "always", true), " a"), Is.EqualTo(new[] { "▁a" }));
        Assert.That(Pieces(TextSplits.Metaspace("▁", "never", false), "a b"), Is.EqualTo(new[] { "a▁b" }));
        Assert.That(Pieces(TextSplits.Metaspace("▁", "first", false), "a", first: false), Is.EqualTo(new[] { "a" }));
        Assert.That(Pieces(TextSplits.Metaspace("▁", "first", false), "a"), Is.EqualTo(new[] { "▁a" }));
    }

    [Test]
    public void Digits_AreApart()
    {
        Assert.That(Pieces(TextSplits.Digits(individual: true), "a12b"), Is.EqualTo(new[] { "a", "1", "2", "b" }));
        Assert.That(Pieces(TextSplits.Digits(individual: false), "a12b"), Is.EqualTo(new[] { "a", "12", "b" }));
        Assert.That(Pieces(TextSplits.Punctuation(SplitBehavior.Isolated), "a,$b"), Is.EqualTo(new[] { "a", ",", "$", "b" }));
    }

    private static List<string> Pieces(PieceSplit split, string text, bool first = true)
    {
        var into = new List<string>();
        split(text, first, into);
        return into;
    }
}
