using System.Text.RegularExpressions;

namespace PluginLens.Cli.Tests;

/// <summary>What the README and the plugins' own READMEs show is what the program prints.</summary>
public sealed class ReadmeTests
{
    /// <summary>
    /// Blocks fenced as <c>console</c>: lines that begin with <c>$ ./pluginlens</c> are commands, the rest is their output. A line <c>…</c> stands for
    /// any number of lines.
    /// </summary>
    [TestCaseSource(nameof(Examples))]
    public void Example_PrintsWhatTheReadmeShows(string command, string shown)
    {
        var result = Cli.Run(Words(command)[2..]);

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        Assert.That(Matches(Lines(shown), Lines(result.Output)), Is.True, $"{command} printed:\n{result.Output}");
    }

    [Test]
    public void Examples_AreThere() => Assert.That(Examples().Count(), Is.GreaterThan(3));

    private static IEnumerable<TestCaseData> Examples()
    {
        var readmes = Directory.EnumerateFiles(Path.Combine(Cli.Root, "src", "Plugins"), "README.md", SearchOption.AllDirectories)
            .Append(Path.Combine(Cli.Root, "README.md")).Order(StringComparer.Ordinal);
        foreach (var readme in readmes)
        {
            foreach (var (command, output) in Commands(File.ReadAllLines(readme)))
            {
                yield return new TestCaseData(command, output).SetArgDisplayNames(Path.GetRelativePath(Cli.Root, readme), command);
            }
        }
    }

    private static IEnumerable<(string Command, string Output)> Commands(string[] lines)
    {
        string? command = null;
        var output = new List<string>();
        var inside = false;
        foreach (var line in lines.Append("```"))
        {
            if (command is not null && (line == "```" || line.StartsWith("$ ", StringComparison.Ordinal)))
            {
                yield return (command, string.Join('\n', output));
                command = null;
            }

            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                inside = line == "```console";
            }
            else if (inside && line.StartsWith("$ ./pluginlens ", StringComparison.Ordinal))
            {
                (command, output) = (line, []);
            }
            else
            {
                output.Add(line);
            }
        }
    }

    /// <summary>Words of a command; quoted ones may hold spaces.</summary>
    private static string[] Words(string command) => [.. Regex.Matches(command, "\"([^\"]*)\"|(\\S+)").Select(word => word.Groups[1].Success ? word.Groups[1].Value : word.Value)];

    private static string[] Lines(string text) => [.. text.TrimEnd().Split('\n').Select(line => line.TrimEnd())];

    private static bool Matches(ReadOnlySpan<string> shown, ReadOnlySpan<string> printed)
    {
        if (shown.IsEmpty)
        {
            return printed.IsEmpty;
        }

        if (shown[0] != "…")
        {
            return !printed.IsEmpty && printed[0] == shown[0] && Matches(shown[1..], printed[1..]);
        }

        for (var skipped = 0; skipped <= printed.Length; skipped++)
        {
            if (Matches(shown[1..], printed[skipped..]))
            {
                return true;
            }
        }

        return false;
    }
}
