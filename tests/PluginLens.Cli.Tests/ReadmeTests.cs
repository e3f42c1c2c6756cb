using System.Text.RegularExpressions;

namespace PluginLens.Cli.Tests;

/// <summary>
/// What the README, the pages of the analyses and those of docs show is what the program prints. With the environment variable <c>PLUGINLENS_UPDATE_EXAMPLES=1</c> an example that
/// differs is rewritten in place instead.
/// </summary>
public sealed class ReadmeTests
{
    private static readonly bool Update = Environment.GetEnvironmentVariable("PLUGINLENS_UPDATE_EXAMPLES") == "1";

    private static IEnumerable<string> Pages => Directory.EnumerateFiles(Path.Combine(Cli.Root, "src", "Plugins"), "*.md", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    private static IEnumerable<TestCaseData> Examples =>
        from readme in Pages.Append(Path.Combine(Cli.Root, "README.md")).Concat(Directory.EnumerateFiles(Path.Combine(Cli.Root, "docs"), "*.md").Order(StringComparer.Ordinal))
        from example in ReadmeExample.Of(File.ReadAllLines(readme))
        select new TestCaseData(readme, example.Command, example.Shown).SetArgDisplayNames(Path.GetRelativePath(Cli.Root, readme), example.Command);

    [TestCaseSource(nameof(Examples))]
    public void Example_PrintsWhatTheReadmeShows(string readme, string command, string shown)
    {
        var example = new ReadmeExample(command, shown);
        var result = Cli.Run(Words(command)[2..]);

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        if (Update && !example.Matches(result.Output))
        {
            var (old, updated) = ($"{command}\n{shown}", $"{command}\n{example.Updated(result.Output)}");
            File.WriteAllText(readme, File.ReadAllText(readme).Replace(old, updated, StringComparison.Ordinal));
            return;
        }

        Assert.That(example.Matches(result.Output), Is.True, $"{command} printed:\n{result.Output}");
    }

    [TestCaseSource(nameof(Pages))]
    public void EveryPage_ShowsAnExample(string page) => Assert.That(ReadmeExample.Of(File.ReadAllLines(page)), Is.Not.Empty);

    /// <summary>Words of a command; quoted ones may hold spaces.</summary>
    private static string[] Words(string command) => [.. Regex.Matches(command, "\"([^\"]*)\"|(\\S+)").Select(word => word.Groups[1].Success ? word.Groups[1].Value : word.Value)];
}
