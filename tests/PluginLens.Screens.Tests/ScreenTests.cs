namespace PluginLens.Screens.Tests;

/// <summary>Every analysis on terminals of four widths, in colour and without, as its golden file has it; and what has to hold of any screen.</summary>
[NonParallelizable]
public sealed class ScreenTests
{
    private static readonly int[] Widths = [80, 100, 120, 200];
    private static readonly Runs Run = new();

    private static IEnumerable<string> Analyses => Run.Analyses;

    [OneTimeTearDown]
    public void Close() => Run.Dispose();

    [TestCaseSource(nameof(Analyses))]
    public void Screens_AreThoseOfTheGoldenFile(string analysis)
    {
        var run = Case.Of(analysis);
        var result = Run.Of(run);

        GoldenScreens.Compare(run, [.. Widths.Select(width => Screen.Plain(result, width))], Screen.Of(result, Widths[0], "xterm-256color"));
    }

    [TestCaseSource(nameof(Analyses))]
    public void Screens_ShowWholeNumbersUnderTheirNames_AndSayWhatTheyLack(string analysis)
    {
        var result = Run.Of(Case.Of(analysis));

        foreach (var width in Widths)
        {
            ScreenReader.Check(Screen.Plain(result, width), result.Tables);
        }

        // Half a terminal beside an editor, and one that is wider than anything.
        ScreenReader.Check(Screen.Plain(result, 60), result.Tables);
        ScreenReader.Check(Screen.Plain(result, 1000), result.Tables);
    }

    [TestCaseSource(nameof(Analyses))]
    public void Colour_AddsNothingButColour(string analysis)
    {
        var result = Run.Of(Case.Of(analysis));
        var plain = Screen.Plain(result, 80);

        var (colour, none) = (Screen.Of(result, 80, "xterm-256color"), Screen.Of(result, 80, "xterm-256color", noColor: "1"));

        Assert.That(colour.WithoutStyle.Lines, Is.EqualTo(plain.Lines));
        Assert.That(none.WithoutStyle.Lines, Is.EqualTo(plain.Lines));
        Assert.That(none.Text, Does.Contain("␛[1m").And.Not.Match("␛\\[[0-9;]*(3[0-9]|4[0-8]|9[0-7])[;m]"), "NO_COLOR: bold and underlined, no colours");
    }

    [TestCaseSource(nameof(Analyses))]
    public void DumbTerminal_GetsTextAlone(string analysis)
    {
        var result = Run.Of(Case.Of(analysis));

        var dumb = Screen.Of(result, 80, "dumb");

        Assert.That(dumb.Text, Does.Not.Contain("␛").And.Not.Contain("█"));
        ScreenReader.Check(dumb, result.Tables);
    }

    [TestCase("sim  0.1234 ███▎\nx", "sim  0.1235 ███▍\nx", true)]
    [TestCase("1.234e-5", "1.235e-5", true)]
    [TestCase("0.1234", "0.1236", false)]
    [TestCase("1.234e-5", "1.234e-6", false)]
    [TestCase("7  0.5", "8  0.5", false)]
    [TestCase("the  0.5", "a  0.5", false)]
    [TestCase("0.5 ██", "0.5", true)]
    [TestCase("0.5  1", "0.5", false)]
    public void Same_LeavesAProcessorTheLastDigit(string expected, string found, bool same) => Assert.That(GoldenScreens.Same(expected, found), Is.EqualTo(same));
}
