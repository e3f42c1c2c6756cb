namespace PluginLens;

/// <summary>"Did you mean": the known names nearest to what was typed, case aside.</summary>
public static class Suggestion
{
    /// <summary>A clause such as <c>did you mean 'ov-pairs'?</c>, or null where nothing is near.</summary>
    /// <param name="typed">What the user wrote.</param>
    /// <param name="known">What there is.</param>
    public static string? Of(string typed, IEnumerable<string> known)
    {
        var near = known
            .Select(name => (Name: name, Distance: Distance(typed.ToLowerInvariant(), name.ToLowerInvariant())))
            .Where(candidate => candidate.Distance <= Math.Max(1, typed.Length / 3) || (typed.Length > 2 && candidate.Name.Contains(typed, StringComparison.OrdinalIgnoreCase)))
            .OrderBy(candidate => candidate.Distance)
            .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .Take(3)
            .Select(candidate => $"'{candidate.Name}'")
            .ToList();
        return near.Count == 0 ? null : $"did you mean {string.Join(" or ", near)}?";
    }

    /// <summary>Insertions, deletions, replacements and neighbours that changed places, each of which is one slip of the fingers.</summary>
    private static int Distance(string left, string right)
    {
        var (before, last, row) = (Array.Empty<int>(), Array.Empty<int>(), Enumerable.Range(0, right.Length + 1).ToArray());
        for (var i = 1; i <= left.Length; i++)
        {
            (before, last, row) = (last, row, new int[right.Length + 1]);
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                row[j] = Math.Min(last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1), Math.Min(last[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }
        }

        return row[^1];
    }
}
