namespace PluginLens.Host.Tests;

public sealed class NamesTests
{
    [TestCase("K", "k")]
    [TestCase("TopK", "top-k")]
    [TestCase("OnlyAscii", "only-ascii")]
    [TestCase("WE", "we")]
    [TestCase("HTMLPage", "html-page")]
    [TestCase("L2Norm", "l2-norm")]
    [TestCase("W_E", "w-e")]
    public void Kebab_SeparatesWords(string identifier, string expected)
    {
        Assert.That(Names.Kebab(identifier), Is.EqualTo(expected));
        Assert.That(Names.Snake(identifier), Is.EqualTo(expected.Replace('-', '_')));
    }

    [TestCase("ov-pairs", true)]
    [TestCase("a", true)]
    [TestCase("k2-x", true)]
    [TestCase("", false)]
    [TestCase("-a", false)]
    [TestCase("a-", false)]
    [TestCase("a--b", false)]
    [TestCase("Ab", false)]
    [TestCase("a b", false)]
    [TestCase("é", false)]
    public void IsKebab_OnlyKebab(string name, bool expected) => Assert.That(Names.IsKebab(name), Is.EqualTo(expected));
}
