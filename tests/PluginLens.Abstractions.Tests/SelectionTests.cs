namespace PluginLens.Tests;

public sealed class SelectionTests
{
    [TestCase("all", "0,1,2,3,4")]
    [TestCase(" all ", "0,1,2,3,4")]
    [TestCase("3", "3")]
    [TestCase("0,2-4", "0,2,3,4")]
    [TestCase("-1", "4")]
    [TestCase("-2--1", "3,4")]
    [TestCase("1,1,0-1", "0,1")]
    [TestCase("3--1", "3,4")]
    public void Of_GivesEachIndexOnceAscending(string text, string expected)
    {
        Assert.That(string.Join(',', Selection.Parse(text).Of(5, "layer")), Is.EqualTo(expected));
    }

    [TestCase("")]
    [TestCase("x")]
    [TestCase("1-")]
    [TestCase("4-2")]
    [TestCase("1,,2")]
    [TestCase("1.5")]
    public void TryParse_Nonsense_IsRefused(string text) => Assert.That(Selection.TryParse(text, null, out _), Is.False);

    [TestCase("5")]
    [TestCase("0-5")]
    [TestCase("-6")]
    [TestCase("-1--3")]
    public void Of_OutOfRange_SaysWhatThereIs(string text)
    {
        Assert.That(() => Selection.Parse(text).Of(5, "layer"), Throws.TypeOf<UsageException>().With.Message.EqualTo($"--layer {text}: this model has layers 0 to 4."));
    }

    /// <summary>Positions are a prompt's, and one is no range.</summary>
    [TestCase(5, "layer", "this model has layers 0 to 4.")]
    [TestCase(1, "layer", "this model has layer 0 alone.")]
    [TestCase(5, "position", "a prompt of 5 tokens has positions 0 to 4.")]
    [TestCase(1, "position", "a prompt of 1 token has position 0 alone.")]
    public void Of_OutOfRange_SaysWhose(int count, string what, string said)
    {
        Assert.That(() => Selection.Parse("7").Of(count, what), Throws.TypeOf<UsageException>().With.Message.EqualTo($"--{what} 7: {said}"));
    }
}
