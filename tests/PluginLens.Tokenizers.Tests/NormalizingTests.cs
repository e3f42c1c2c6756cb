using PluginLens.Tokenizers.Normalizing;

namespace PluginLens.Tokenizers.Tests;

public class NormalizingTests
{
    [TestCase("e\u0301", "\u00E9")]
    [TestCase("\u212B", "\u00C5", Description = "a singleton never comes back")]
    [TestCase("\u0958", "\u0915\u093C", Description = "excluded from composition")]
    [TestCase("q\u0307\u0323", "q\u0323\u0307", Description = "marks are sorted by class")]
    [TestCase("a\u0323\u0302", "\u1EAD", Description = "two steps")]
    [TestCase("a\u0302\u0323", "\u1EAD")]
    [TestCase("a\u0301\u0301", "\u00E1\u0301", Description = "the second is blocked")]
    [TestCase("\u1100\u1161\u11A8", "\uAC01", Description = "Hangul")]
    [TestCase("\uAC00\u11A8", "\uAC01")]
    [TestCase("\uD834\uDD5E", "\uD834\uDD57\uD834\uDD65", Description = "astral exclusion")]
    [TestCase("\u0301a", "\u0301a")]
    [TestCase("plain", "plain")]
    public void Compose_IsNfc(string text, string expected)
    {
        Assert.That(NormalForms.Compose(text), Is.EqualTo(expected));
        Assert.That(NormalForms.Compose(NormalForms.Decompose(text)), Is.EqualTo(expected));
    }

    [TestCase("\u00E9", "e\u0301")]
    [TestCase("\u1EAD", "a\u0323\u0302")]
    [TestCase("\uAC01", "\u1100\u1161\u11A8")]
    public void Decompose_IsNfd(string text, string expected) => Assert.That(NormalForms.Decompose(text), Is.EqualTo(expected));

    [Test]
    public void Compose_EveryCharacter_IsStable()
    {
        for (var point = 0; point < 0x30000; point++)
        {
            if (point is >= 0xD800 and < 0xE000)
            {
                continue;
            }

            var composed = NormalForms.Compose(char.ConvertFromUtf32(point));
            if (NormalForms.Compose(NormalForms.Decompose(composed)) != composed)
            {
                Assert.Fail($"U+{point:X4}");
            }
        }
    }

    [TestCase("Ünï\u0000 cödé\u200B", "uni code")]
    [TestCase("a中b", "a 中 b")]
    [TestCase("\u0130", "i")]
    [TestCase("x\u0007\ty", "x y")]
    public void BertNormalizer_CleansLowersAndStrips(string text, string expected) =>
        Assert.That(new BertNormalizer().Normalize(text), Is.EqualTo(expected));

    [Test]
    public void BertNormalizer_KeepsCaseAndAccentsWhereTold() =>
        Assert.That(new BertNormalizer(lower: false).Normalize("Ü"), Is.EqualTo("Ü"));

    [Test]
    public void LowerCase_DottedCapitalI_BecomesTwoCharacters() => Assert.That(LowerCase.Apply("\u0130Z"), Is.EqualTo("i\u0307z"));
}
