namespace PluginLens.Cli.Tests;

/// <summary>How examples in READMEs are read, compared and rewritten.</summary>
public sealed class ReadmeExampleTests
{
    [Test]
    public void Of_ReadsCommandsOfConsoleBlocksAlone()
    {
        var examples = ReadmeExample.Of(
            ["text", "```console", "$ ./pluginlens a", "one", "", "$ ./pluginlens b \"c d\"", "two", "```", "```text", "$ ./pluginlens e", "```", "```console", "$ other", "```"]).ToList();

        Assert.That(examples, Is.EqualTo(new[] { new ReadmeExample("$ ./pluginlens a", "one\n\n"), new ReadmeExample("$ ./pluginlens b \"c d\"", "two\n") }));
    }

    [TestCase("a|b|c", "a|b|c", true)]
    [TestCase("a|b|c||", "a|b |c", true, Description = "white space at ends does not count")]
    [TestCase("a|…|c", "a|b|b|c", true)]
    [TestCase("a|…|c", "a|c", true, Description = "also for none")]
    [TestCase("…|c", "a|b|c", true)]
    [TestCase("a|…", "a|b", true)]
    [TestCase("a|…|b|…|c", "a|x|b|y|c", true)]
    [TestCase("a|c", "a|b|c", false)]
    [TestCase("a|…|d", "a|b|c", false)]
    public void Matches_TakesElisionsForAnyLines(string shown, string printed, bool expected) => Assert.That(Example(shown).Matches(Text(printed)), Is.EqualTo(expected));

    [TestCase("a|b", "x|y|z", "x|y|z")]
    [TestCase("a|b||", "x|y|z|", "x|y|z||", Description = "empty lines between commands stay")]
    [TestCase("", "x|y|", "x|y", Description = "nothing shown yet")]
    [TestCase("|", "x|y|", "x|y||", Description = "nothing shown yet before another command")]
    [TestCase("a|b|…|c", "1|2|3|4|5", "1|2|…|5")]
    [TestCase("…|c", "1|2|3", "…|3")]
    [TestCase("a|…", "1|2|3", "1|…")]
    [TestCase("a|b|…|c", "1|2|3", "1|2|3", Description = "nothing is left to leave out")]
    [TestCase("a|b|…|c", "1|2", "1|2")]
    [TestCase("h|0 K .1|…|3 K .2|3 V .3|…|note", "h|0 K .5|0 V .6|3 K .7|3 V .8|3 O .9|note", "h|0 K .5|…|3 K .7|3 V .8|…|note")]
    public void Updated_KeepsHeadAndTailByNumber_AndMiddlesByTheirFirstWords(string shown, string printed, string expected)
    {
        var updated = Example(shown).Updated(Text(printed));

        Assert.That(updated, Is.EqualTo(Text(expected)));
        Assert.That(new ReadmeExample("$", updated).Matches(Text(printed)), Is.True);
    }

    [Test]
    public void Updated_MiddleThatIsGone_IsLeftToAPerson() => Assert.That(
        () => Example("a|…|3 K .2|…|z").Updated(Text("a|1 K .1|2 K .1|z|y|x")), Throws.TypeOf<FormatException>().With.Message.Contains("'3 K .2'").And.Message.Contains("by hand"));

    private static ReadmeExample Example(string shown) => new("$ ./pluginlens x", Text(shown));

    /// <summary>Each line with its line feed.</summary>
    private static string Text(string lines) => lines.Length == 0 ? lines : lines.TrimEnd('|').Replace('|', '\n') + new string('\n', Math.Max(1, lines.Length - lines.TrimEnd('|').Length));
}
