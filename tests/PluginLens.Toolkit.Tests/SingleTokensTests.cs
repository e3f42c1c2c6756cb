using PluginLens.Testing;

namespace PluginLens.Toolkit.Tests;

public sealed class SingleTokensTests
{
    /// <summary>What is unknown is the tokenizer's to say: the metadata of a model need not name it.</summary>
    [Test]
    public void Of_UnknownWord_IsRefused()
    {
        var model = Models.Make().WithTokenizer(new FakeTokenizer(["[UNK]", " cat", "dog"]) { Unknown = 0 });

        Assert.That(SingleTokens.Of(Context.Of(model), ["cat"], WordForm.Spaced).Select(token => token.Id), Is.EqualTo(new[] { 1 }));
        Assert.That(() => SingleTokens.Of(Context.Of(model), ["bird"], WordForm.Bare), Throws.TypeOf<UsageException>().With.Message.Contains("'bird' is not in the vocabulary"));
    }
}
