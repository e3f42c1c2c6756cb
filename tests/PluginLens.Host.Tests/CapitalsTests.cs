using PluginLens.Testing;

namespace PluginLens.Host.Tests;

/// <summary>Said where a word with a capital falls into letters, and nowhere else.</summary>
public sealed class CapitalsTests
{
    private static FakeModel Model(params string[] words) => TestModels.Tiny.WithTokenizer(new FakeTokenizer(words, "[SEP]"));

    [Test]
    public void Note_WhereTheVocabularyHasCapitalsAsLettersAlone_SaysSo()
    {
        var model = Model("A", "H", "ello", " a", "[SEP]", "é");

        Assert.That(Capitals.Note(model, [null, "a", "aH"]), Does.StartWith("capitals: the vocabulary of model '").And.Contains("pluginlens tokenize --model "));
        Assert.That(Capitals.Note(model, ["a", "ello"]), Is.Null, "nobody wrote one");
        Assert.That(Capitals.Note(Model("A", "Hello"), ["Hello"]), Is.Null, "it knows words with capitals");
        Assert.That(Capitals.Note(Model("a", "hello"), ["Hello"]), Is.Null, "it has no letter for them: the text is refused elsewhere");
        Assert.That(Capitals.Note(TestModels.Tiny.WithTokenizer(null), ["Hello"]), Is.Null);
    }
}
