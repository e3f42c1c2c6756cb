namespace PluginLens.Host;

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

    /// <summary>Levenshtein distance: insertions, deletions and replacements.</summary>
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
