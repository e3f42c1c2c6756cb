using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PluginLens.Screens.Tests;

/// <summary>
/// The screens of an analysis as a file: at each width, tables that look as at the width before named alone; then the beginning in colour. With the environment variable
/// <c>PLUGINLENS_UPDATE_EXAMPLES=1</c> a file that differs is written anew.
/// </summary>
internal static partial class GoldenScreens
{
    private const int ColourLines = 16;
    private static readonly bool Update = Environment.GetEnvironmentVariable("PLUGINLENS_UPDATE_EXAMPLES") == "1";

    /// <summary>Compares the screens with the file.</summary>
    /// <param name="run">Whose they are.</param>
    /// <param name="screens">The narrowest first.</param>
    /// <param name="colour">One in colour.</param>
    public static void Compare(Case run, IReadOnlyList<Screen> screens, Screen colour)
    {
        var path = Path.Combine(Places.Screens, $"{run.Analysis}.txt");
        var found = Text(run, screens, colour);
        var expected = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : string.Empty;
        if (Update && !Same(expected, found))
        {
            Directory.CreateDirectory(Places.Screens);
            File.WriteAllText(path, found);
            return;
        }

        Assert.That(Same(expected, found), Is.True, $"{path} has other screens than these; PLUGINLENS_UPDATE_EXAMPLES=1 writes it anew. First difference: {Difference(expected, found)}");
    }

    /// <summary>Whether two texts are the same but for the last digits of numbers: what a processor rounds otherwise.</summary>
    /// <param name="expected">One.</param>
    /// <param name="found">The other.</param>
    public static bool Same(string expected, string found)
    {
        if (expected == found)
        {
            return true;
        }

        // A number that is rounded the other way may have a bar that is an eighth longer.
        var (left, right) = (WithoutBars(expected), WithoutBars(found));
        return Number().Replace(left, "#") == Number().Replace(right, "#") && Number().Matches(left).Zip(Number().Matches(right)).All(pair => AsGood(pair.First.Value, pair.Second.Value));
    }

    private static string WithoutBars(string text) => string.Join('\n', text.Split('\n').Select(line => Spaces().Replace(Bar().Replace(line, " "), " ").TrimEnd()));

    private static bool AsGood(string expected, string found)
    {
        if (expected == found)
        {
            return true;
        }

        var (left, right) = (expected.Split('e'), found.Split('e'));
        var places = left[0].Length - left[0].IndexOf('.', StringComparison.Ordinal) - 1;
        return left[0].Contains('.', StringComparison.Ordinal) && right.Length == left.Length && right[^1] == (left.Length == 2 ? left[1] : right[0])
            && Math.Abs(double.Parse(left[0], CultureInfo.InvariantCulture) - double.Parse(right[0], CultureInfo.InvariantCulture)) < 1.5 * Math.Pow(10, -places);
    }

    private static string Text(Case run, IReadOnlyList<Screen> screens, Screen colour)
    {
        var text = new StringBuilder($"$ {run}\n");
        var before = new HashSet<string>();
        foreach (var screen in screens)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n=== {screen.Width} columns\n");
            var parts = Parts(screen).ToList();
            text.AppendJoin("\n\n", parts.Select(part => before.Contains(part) ? $"{part.Split('\n')[0]} (as before)" : part)).Append('\n');
            before = [.. parts];
        }

        return text.Append(CultureInfo.InvariantCulture, $"\n=== {colour.Width} columns in colour, {ColourLines} lines at most\n{string.Join('\n', colour.Lines.Take(ColourLines))}\n").ToString();
    }

    /// <summary>The tables of a screen, then what stands below them.</summary>
    private static IEnumerable<string> Parts(Screen screen) => Title().Split(string.Join('\n', screen.Lines)).Where(part => part.Length > 0).Select(part => part.Trim('\n'));

    private static string Difference(string expected, string found)
    {
        var (left, right) = (expected.Split('\n'), found.Split('\n'));
        var at = Enumerable.Range(0, Math.Min(left.Length, right.Length)).FirstOrDefault(line => !Same(left[line], right[line]), Math.Min(left.Length, right.Length));
        return $"line {at + 1}\n  file: {(at < left.Length ? left[at] : "(its end)")}\n  now:  {(at < right.Length ? right[at] : "(the end)")}";
    }

    [GeneratedRegex("(?<=^|\n\n)(?=[a-z0-9-]+(?:: [0-9]+ rows?| on ))")]
    private static partial Regex Title();

    [GeneratedRegex("-?[0-9]+(\\.[0-9]+)?(e[+-][0-9]+)?")]
    private static partial Regex Number();

    [GeneratedRegex("[▏▎▍▌▋▊▉█]+")]
    private static partial Regex Bar();

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();
}
