using PluginLens.Testing;

namespace PluginLens.Toolkit.Tests;

/// <summary>Options that name a token, and labels of positions.</summary>
public sealed class OneTokenTests
{
    private static readonly FakeModel Model = new(new ModelConfig { DModel = 4, NHeads = 1, NLayers = 1, DHead = 4, DVocab = 4 }, new FakeTokenizer([" cat", "cat", "s", " "]));

    [TestCase("cat", 0)]
    [TestCase(" cat", 0)]
    [TestCase("s", 2)]
    public void Of_PrefersTheWordWithASpaceInFront(string text, int id) => Assert.That(OneToken.Of(Model, "--target", text), Is.EqualTo(id));

    [Test]
    public void Of_SeveralPieces_IsRefusedWithTheirNumber() => Assert.That(
        () => OneToken.Of(Model, "--target", "cats"), Throws.TypeOf<UsageException>().With.Message.StartsWith("--target 'cats': expected one token of model 'model', found 2 pieces"));

    [TestCase("[3]", 3)]
    public void Of_WithoutTokenizer_IsAnIdInBrackets(string text, int id) => Assert.That(OneToken.Of(Model.WithTokenizer(null), "--target", text), Is.EqualTo(id));

    [TestCase("[4]")]
    [TestCase("cat")]
    public void Of_WithoutTokenizerAndId_IsRefused(string text) => Assert.That(
        () => OneToken.Of(Model.WithTokenizer(null), "--target", text), Throws.TypeOf<UsageException>().With.Message.EndsWith("expected an id in brackets, [0] to [3]."));

    [Test]
    public void Labels_KeepEqualTokensApart() => Assert.That(PromptLabels.Of(Model, [0, 2, 0], [0, 2]), Is.EqualTo(new[] { " cat (0)", " cat (2)" }));
}
