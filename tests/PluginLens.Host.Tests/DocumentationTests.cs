using System.Text.RegularExpressions;

namespace PluginLens.Host.Tests;

public sealed class DocumentationTests
{
    // Whole files on the page are written and compiled where it is followed from start to end: WritingAPluginTests of the command line.
    private static IEnumerable<TestCaseData> Blocks() => Regex
        .Matches(File.ReadAllText(Path.Combine(Places.RepoRoot, "docs", "writing-a-plugin.md")).ReplaceLineEndings("\n"), "```(csharp|xml)\n(.*?)```", RegexOptions.Singleline)
        .Where(match => !match.Groups[2].Value.StartsWith("namespace ", StringComparison.Ordinal))
        .Select((match, index) => new TestCaseData(match.Groups[2].Value).SetArgDisplayNames($"block {index + 1}"));

    [Test]
    public void WritingAPlugin_ShowsCode() => Assert.That(Blocks(), Is.Not.Empty);

    [TestCaseSource(nameof(Blocks))]
    public void WritingAPlugin_EveryBlock_IsCodeThatTheTestsRun(string block)
    {
        string[] sources = ["PluginLens.Host.Tests/AblationTests.cs", "PluginLens.Models.Tests/Folders/OverlayTests.cs"];

        Assert.That(sources.Select(source => File.ReadAllText(Path.Combine(Places.RepoRoot, "tests", source)).ReplaceLineEndings("\n")), Has.Some.Contains(block.TrimEnd('\n')));
    }
}
