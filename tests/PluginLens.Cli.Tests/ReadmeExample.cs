namespace PluginLens.Cli.Tests;

/// <summary>
/// A command in a README and what the README says that it prints. In blocks fenced as <c>console</c>, lines that begin with <c>$ ./pluginlens</c> are commands, the rest is
/// their output. A line <c>…</c> stands for any number of lines.
/// </summary>
/// <param name="Command">The line with its <c>$ </c>.</param>
/// <param name="Shown">The lines below it, each with its line feed; empty lines at the end belong to the layout of the README.</param>
internal sealed record ReadmeExample(string Command, string Shown)
{
    private const string Elision = "…";

    /// <summary>The examples of a README.</summary>
    /// <param name="lines">Its lines.</param>
    public static IEnumerable<ReadmeExample> Of(string[] lines)
    {
        string? command = null;
        var output = new List<string>();
        var inside = false;
        foreach (var line in lines.Append("```"))
        {
            if (command is not null && (line == "```" || line.StartsWith("$ ", StringComparison.Ordinal)))
            {
                yield return new ReadmeExample(command, string.Concat(output.Select(shown => shown + '\n')));
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

    /// <summary>Whether the program printed what is shown.</summary>
    /// <param name="printed">Standard output.</param>
    public bool Matches(string printed) => Matches(Lines(Shown), Lines(printed));

    /// <summary>What to show for a new output: as many lines before the first <c>…</c> and after the last as now; between two of them the passage that begins like the one now.</summary>
    /// <param name="printed">Standard output.</param>
    public string Updated(string printed)
    {
        var passages = Passages(Lines(Shown));
        var lines = Lines(printed);
        var (first, last) = (passages[0].Length, passages[^1].Length);
        if (passages.Count == 1 || first + last >= lines.Length)
        {
            return string.Join('\n', lines) + Layout;
        }

        var kept = new List<string>(lines[..first]);
        var (at, end) = (first, lines.Length - last);
        foreach (var passage in passages.Skip(1).SkipLast(1).Where(passage => passage.Length > 0))
        {
            var start = Array.FindIndex(lines, at, Math.Max(0, end - passage.Length - at + 1), line => Beginning(line) == Beginning(passage[0]));
            if (start < 0)
            {
                throw new FormatException($"{Command}: no line of the new output begins like '{passage[0]}', which follows a '{Elision}'; edit the example by hand.");
            }

            kept.Add(Elision);
            kept.AddRange(lines[start..(start + passage.Length)]);
            at = start + passage.Length;
        }

        kept.Add(Elision);
        kept.AddRange(lines[end..]);
        return string.Join('\n', kept) + Layout;
    }

    /// <summary>What follows the last line that is not empty; where nothing is shown yet, a line feed ends what will be.</summary>
    private string Layout => Shown.TrimEnd().Length == 0 ? '\n' + Shown : Shown[Shown.TrimEnd().Length..];

    private static string[] Lines(string text) => [.. text.TrimEnd().Split('\n').Select(line => line.TrimEnd())];

    /// <summary>The first two words: a row's layer and group, or a note's beginning.</summary>
    private static string Beginning(string line) => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(2));

    private static List<string[]> Passages(string[] shown)
    {
        var passages = new List<string[]>();
        var start = 0;
        for (var at = 0; at <= shown.Length; at++)
        {
            if (at == shown.Length || shown[at] == Elision)
            {
                passages.Add(shown[start..at]);
                start = at + 1;
            }
        }

        return passages;
    }

    private static bool Matches(ReadOnlySpan<string> shown, ReadOnlySpan<string> printed)
    {
        if (shown.IsEmpty)
        {
            return printed.IsEmpty;
        }

        if (shown[0] != Elision)
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
