using System.Text;
using PluginLens.Host;

namespace PluginLens.Pictures;

/// <summary>Letters from left to right as they stand on paper: runs of right-to-left scripts are turned round, and where such a run comes first the runs are, too.</summary>
internal static class ReadingOrder
{
    /// <summary>The letters of a text; directional isolates, which are none, part it.</summary>
    /// <param name="words">The text as it is stored.</param>
    public static IEnumerable<Rune> Of(string words)
    {
        var part = new List<Rune>();
        foreach (var rune in words.EnumerateRunes())
        {
            if (!Label.IsIsolate(rune))
            {
                part.Add(rune);
                continue;
            }

            foreach (var placed in Placed(part))
            {
                yield return placed;
            }

            part.Clear();
        }

        foreach (var placed in Placed(part))
        {
            yield return placed;
        }
    }

    private static List<Rune> Placed(List<Rune> part)
    {
        if (!part.Exists(IsRight))
        {
            return part;
        }

        // What is of no script goes with the letters on both sides of it, and between two directions with the first one.
        var firstIsRight = IsRight(part.Find(Rune.IsLetterOrDigit));
        var runs = new List<(bool Right, List<Rune> Letters)>();
        foreach (var (at, rune) in part.Index())
        {
            var right = Rune.IsLetterOrDigit(rune) ? IsRight(rune) : Strong(part.Take(at).Reverse()) is var before && before == Strong(part.Skip(at)) ? before : firstIsRight;
            if (runs.Count == 0 || runs[^1].Right != right)
            {
                runs.Add((right, []));
            }

            runs[^1].Letters.Add(rune);
        }

        if (firstIsRight)
        {
            runs.Reverse();
        }

        return [.. runs.SelectMany(run => run.Right ? Enumerable.Reverse(run.Letters) : run.Letters)];

        bool Strong(IEnumerable<Rune> side) => side.Where(Rune.IsLetterOrDigit).Select(letter => (bool?)IsRight(letter)).FirstOrDefault() ?? firstIsRight;
    }

    private static bool IsRight(Rune rune) => DisplayText.IsRightToLeft(rune.Value);
}
