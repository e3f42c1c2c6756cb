namespace PluginLens.Host.Tests;

public sealed class DisplayTextTests
{
    [TestCase(" the", "·the")]
    [TestCase("\n", "↵")]
    [TestCase("\t", "→")]
    [TestCase("\r", "\\u{0D}")]
    [TestCase("a\u0000", "a\\u{00}")]
    [TestCase("\u007F", "\\u{7F}")]
    [TestCase("\u202Eabc", "\\u{202E}abc")]
    [TestCase("\u200D", "\\u{200D}")]
    [TestCase("\u00A0", "\\u{A0}")]
    [TestCase("\u0301", "\u25CC\u0301")]
    [TestCase("e\u0301", "e\u0301")]
    [TestCase("\uFFFD", "\uFFFD")]
    [TestCase("日本", "日本")]
    [TestCase("😀", "😀")]
    [TestCase("שלום", "\u2068שלום\u2069")]
    public void Token_ShowsWhatCannotBeSeen(string text, string expected) => Assert.That(DisplayText.Token(text), Is.EqualTo(expected));

    // Not a test case: attributes are stored as UTF-8, which has no lone surrogates.
    [Test]
    public void Token_LoneSurrogate_IsSpelledOut() => Assert.That(DisplayText.Token("a\uD800"), Is.EqualTo("a\\u{D800}"));

    [TestCase("", 0)]
    [TestCase("abc", 3)]
    [TestCase("·the", 4)]
    [TestCase("日本", 4)]
    [TestCase("😀", 2)]
    [TestCase("e\u0301", 1)]
    [TestCase("\u2068שלום\u2069", 4)]
    [TestCase("ﾊ", 1)]
    [TestCase("ハ", 2)]
    [TestCase("한", 2)]
    public void TextWidth_CountsColumns(string text, int expected) => Assert.That(TextWidth.Of(text), Is.EqualTo(expected));

    [TestCase("abcdef", 6, "abcdef")]
    [TestCase("abcdefg", 6, "abcde…")]
    [TestCase("日本語テスト", 6, "日本…")]
    public void Cut_KeepsWithinWidth(string text, int width, string expected) => Assert.That(TextWidth.Cut(text, width), Is.EqualTo(expected));

    [TestCase(0, "0")]
    [TestCase(1.5, "1.5000")]
    [TestCase(-12.34567, "-12.3457")]
    [TestCase(1e-7, "1.000e-7")]
    [TestCase(1.5e9, "1.500e+9")]
    public void Number_IsShortAndHonest(double number, string expected) => Assert.That(DisplayText.Number(number), Is.EqualTo(expected));
}
