using System.Globalization;
using System.Text.RegularExpressions;
using PluginLens.Cli;
using PluginLens.Host;

namespace PluginLens.Screens.Tests;

/// <summary>docs/first-session.md shows what a terminal of 80 x 24 shows: its commands run again, and its screens are the ends of theirs.</summary>
[NonParallelizable]
public sealed partial class FirstSessionTests
{
    private const int Width = 80, Height = 24;
    private static readonly string Page = Path.Combine(Places.Root, "docs", "first-session.md");

    private static IReadOnlyList<string[]> Screens => [.. Fence().Matches(File.ReadAllText(Page).ReplaceLineEndings("\n")).Select(block => block.Groups[1].Value.TrimEnd('\n').Split('\n'))];

    /// <summary>Each command with what is shown of its output; a screen that begins without one shows the end of the command before.</summary>
    private static IEnumerable<(string Command, string[] Shown)> Shown
    {
        get
        {
            var command = string.Empty;
            foreach (var screen in Screens)
            {
                for (var at = 0; at < screen.Length;)
                {
                    if (screen[at].StartsWith("$ ", StringComparison.Ordinal))
                    {
                        // A line as long as the terminal goes on in the next.
                        command = screen[at][2..];
                        while (screen[at++].Length == Width)
                        {
                            command += screen[at];
                        }
                    }

                    var shown = screen[at..].TakeWhile(line => line != "$" && !line.StartsWith("$ ", StringComparison.Ordinal)).ToArray();
                    yield return (command, shown);
                    at += shown.Length;
                    at += at < screen.Length && screen[at] == "$" ? 1 : 0;
                }
            }
        }
    }

    private static IEnumerable<TestCaseData> Printed => Shown
        .Where(shown => shown.Command.StartsWith("./pluginlens run ", StringComparison.Ordinal) && !shown.Command.Contains('>', StringComparison.Ordinal) && shown.Shown.Length > 0 && !shown.Shown[0].StartsWith("Building", StringComparison.Ordinal))
        .Select(shown => new TestCaseData(shown.Command, shown.Shown).SetArgDisplayNames(shown.Command));

    [TestCaseSource(nameof(Printed))]
    public void Screen_IsTheEndOfWhatTheCommandPrints(string command, string[] shown)
    {
        var run = Case.Typed(command);
        using var runs = new Runs(readsPrompts: command.Contains("--prompt", StringComparison.Ordinal));
        var parse = Program.Root().Parse(run.Arguments);

        var screen = Screen.Plain(runs.Of(run), Width, new ResultView { Rows = parse.GetValue<int?>("--rows"), Query = PrintedTables.Of(parse) });

        Assert.That(GoldenScreens.Same(string.Join('\n', shown), string.Join('\n', screen.Lines.TakeLast(shown.Length))), Is.True, $"the page:\n{string.Join('\n', shown)}\nnow:\n{string.Join('\n', screen.Lines.TakeLast(shown.Length))}");
    }

    [Test]
    public void Screens_FitTheTerminal()
    {
        Assert.That(Screens.Select(screen => screen.Length).ToList(), Has.Count.GreaterThan(4).And.All.AtMost(Height));
        Assert.That(Screens.SelectMany(screen => screen).Select(TextWidth.Of), Has.All.AtMost(Width));
    }

    [Test]
    public void List_EndsAsShown()
    {
        var shown = Words(string.Join(' ', Shown.Single(shown => shown is { Command: "./pluginlens list", Shown.Length: > 0 }).Shown));
        var all = Words(string.Join(' ', PluginCatalog.Discover([Places.Plugins]).Entries.Select(entry => $"{entry.Id} {entry.Answers}")));

        Assert.That(shown, Is.Not.Empty.And.EqualTo(all.TakeLast(shown.Length)));
    }

    [Test]
    public void Pandas_SeesTheRowsOfTheRun()
    {
        var (command, _) = Shown.Single(shown => shown.Command.EndsWith("> paris.csv", StringComparison.Ordinal));
        using var runs = new Runs(readsPrompts: true);
        var table = runs.Of(Case.Typed(command.Split(" --format")[0])).Tables.Single();
        string Cell(object row, string name)
        {
            var value = table.Columns.Single(column => column.Name == name).Get(row);
            return value is double or float ? Convert.ToDouble(value, CultureInfo.InvariantCulture).ToString("0.000000", CultureInfo.InvariantCulture) : $"{value}";
        }

        var rows = table.Rows.Where(row => Cell(row, "rank") == "1").Select(row => string.Join(' ', Words($"{Cell(row, "layer")} {Cell(row, "token")} {Cell(row, "score")}"))).ToList();
        var shown = Shown.Single(shown => shown.Command == "python3").Shown;
        var first = Array.FindIndex(shown, line => line.StartsWith(">>> print(", StringComparison.Ordinal)) + 1;

        Assert.That(Words(shown[first]), Is.EqualTo(new[] { "layer", "token", "score" }));
        Assert.That(GoldenScreens.Same(string.Join('\n', shown[(first + 1)..].TakeWhile(line => !line.StartsWith(">>>", StringComparison.Ordinal)).Select(line => string.Join(' ', Words(line)))), string.Join('\n', rows)), Is.True, string.Join('\n', rows));
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex("```text\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Fence();
}
