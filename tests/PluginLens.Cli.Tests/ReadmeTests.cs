using System.Text.RegularExpressions;

namespace PluginLens.Cli.Tests;

/// <summary>
/// What the README, the pages of the analyses and those of docs show is what the program prints. With the environment variable <c>PLUGINLENS_UPDATE_EXAMPLES=1</c> an example that
/// differs is rewritten in place instead.
/// </summary>
public sealed class ReadmeTests
{
    private static readonly bool Update = Environment.GetEnvironmentVariable("PLUGINLENS_UPDATE_EXAMPLES") == "1";

    private static readonly string Plugins = Path.Combine(Cli.Root, "src", "Plugins");
    private readonly Session _session = new();

    private static IEnumerable<string> Pages => Directory.EnumerateFiles(Plugins, "*.md", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    private static IEnumerable<TestCaseData> Examples =>
        from readme in Pages.Append(Path.Combine(Cli.Root, "README.md")).Concat(Directory.EnumerateFiles(Path.Combine(Cli.Root, "docs"), "*.md").Order(StringComparer.Ordinal))
        from example in ReadmeExample.Of(File.ReadAllLines(readme))
        select new TestCaseData(readme, example.Command, example.Shown).SetArgDisplayNames(Path.GetRelativePath(Cli.Root, readme), example.Command);

    [OneTimeTearDown]
    public void Close() => _session.Dispose();

    [TestCaseSource(nameof(Examples))]
    public void Example_PrintsWhatTheReadmeShows(string readme, string command, string shown)
    {
        var example = new ReadmeExample(command, shown);
        var printed = Printed(readme, Words(command)[2..]);

        if (Update && !example.Matches(printed))
        {
            var (old, updated) = ($"{command}\n{shown}", $"{command}\n{example.Updated(printed)}");
            File.WriteAllText(readme, File.ReadAllText(readme).Replace(old, updated, StringComparison.Ordinal));
            return;
        }

        Assert.That(example.Matches(printed), Is.True, $"{command} printed:\n{printed}");
    }

    [TestCaseSource(nameof(Pages))]
    public void EveryPage_ShowsAnExample(string page) => Assert.That(ReadmeExample.Of(File.ReadAllLines(page)), Is.Not.Empty);

    /// <summary>What the README and the pages of docs show is typed as it stands there; the pages of the analyses are about what is found.</summary>
    private string Printed(string page, string[] arguments)
    {
        if (Path.GetRelativePath(Plugins, page).StartsWith("..", StringComparison.Ordinal) || arguments[0] != "run" || arguments.Contains("--out"))
        {
            var result = Cli.Run(arguments);
            Assert.That(result.ExitCode, Is.Zero, result.Errors);
            return result.Output;
        }

        return _session.Run(arguments);
    }

    /// <summary>Words of a command; quoted ones may hold spaces.</summary>
    private static string[] Words(string command) => [.. Regex.Matches(command, "\"([^\"]*)\"|(\\S+)").Select(word => word.Groups[1].Success ? word.Groups[1].Value : word.Value)];
}
