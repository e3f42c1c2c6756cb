namespace PluginLens.Host;

/// <summary>Which columns of a table say which row is which, and which say what was found.</summary>
internal sealed class DiffLayout
{
    private DiffLayout(StoredTable a, StoredTable b, DiffOptions options, bool sameIds)
    {
        var kinds = a.Kinds().Zip(a.Columns).ToDictionary(pair => pair.Second, pair => pair.First);
        var common = a.Columns.Where(b.Columns.Contains).ToList();
        if (options.Key?.FirstOrDefault(name => !common.Contains(name)) is { } unknown)
        {
            throw new UsageException($"--key '{unknown}': table '{a.Name}' has {string.Join(", ", common)} in both runs.");
        }

        // Ids of two vocabularies have nothing to do with each other.
        bool IsForeign(string name) => !sameIds && name.EndsWith("_id", StringComparison.Ordinal) && kinds.GetValueOrDefault(name[..^3]) == ColumnKind.Token;
        Key = [.. options.Key ?? common.TakeWhile(name => kinds[name] != ColumnKind.Number).Where(name => name != "rank" && !IsForeign(name))];
        Group = [.. a.Columns.Take(Math.Min(a.GroupBy ?? 0, b.GroupBy ?? 0)).Where(Key.Contains)];
        Values = [.. common.Where(name => !Key.Contains(name) && name != "rank" && !IsForeign(name))];
        Kinds = kinds;
        HasRank = common.Contains("rank");
        Score = Values.FirstOrDefault(name => kinds[name] == ColumnKind.Number) ?? string.Empty;
        OnlyA = [.. a.Columns.Except(b.Columns)];
        OnlyB = [.. b.Columns.Except(a.Columns)];
    }

    /// <summary>Columns that tell rows apart, groups included.</summary>
    public IReadOnlyList<string> Key { get; }

    /// <summary>Columns whose values rows of one list share.</summary>
    public IReadOnlyList<string> Group { get; }

    /// <summary>Columns that are compared.</summary>
    public IReadOnlyList<string> Values { get; }

    /// <summary>What the columns are.</summary>
    public IReadOnlyDictionary<string, ColumnKind> Kinds { get; }

    /// <summary>Whether rows have a rank.</summary>
    public bool HasRank { get; }

    /// <summary>The first real number among the values; empty without any.</summary>
    public string Score { get; }

    /// <summary>Columns of one run alone.</summary>
    public IReadOnlyList<string> OnlyA { get; }

    /// <summary>Columns of one run alone.</summary>
    public IReadOnlyList<string> OnlyB { get; }

    /// <summary>Of one table in two runs.</summary>
    /// <param name="a">In the first.</param>
    /// <param name="b">In the second.</param>
    /// <param name="options">Which columns are the key, where the user says so.</param>
    /// <param name="sameIds">Whether ids of tokens mean the same in both.</param>
    public static DiffLayout Of(StoredTable a, StoredTable b, DiffOptions options, bool sameIds) => new(a, b, options, sameIds);
}
