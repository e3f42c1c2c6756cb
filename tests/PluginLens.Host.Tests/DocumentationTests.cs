using System.Text.RegularExpressions;

namespace PluginLens.Host.Tests;

public sealed class DocumentationTests
{
    private static IEnumerable<TestCaseData> Blocks() => Regex
        .Matches(File.ReadAllText(Path.Combine(Places.RepoRoot, "docs", "writing-a-plugin.md")).ReplaceLineEndings("\n"), "```(csharp|xml)\n(.*?)```", RegexOptions.Singleline)
        .Select((match, index) => new TestCaseData(match.Groups[2].Value).SetArgDisplayNames($"block {index + 1}"));

    [TestCaseSource(nameof(Blocks))]
    public void WritingAPlugin_EveryBlock_IsCodeThatTheTestsRun(string block)
    {
        var template = Path.Combine(Places.RepoRoot, "src", "Plugins", "Template");
        string[] sources =
        [
            Path.Combine(template, "TokenNorms.csproj"),
            Path.Combine(template, "TokenNorms.cs"),
            Path.Combine(Places.RepoRoot, "tests", "PluginLens.Host.Tests", "TokenNormsTests.cs"),
            Path.Combine(Places.RepoRoot, "tests", "PluginLens.Host.Tests", "AblationTests.cs"),
        ];

        Assert.That(sources.Select(path => File.ReadAllText(path).ReplaceLineEndings("\n")), Has.Some.Contains(block.TrimEnd('\n')));
    }
}
