using System.Diagnostics.CodeAnalysis;

namespace PluginLens;

/// <summary>Which layers, heads or neurons: <c>all</c>, <c>3</c>, <c>0,2-4</c>; <c>-1</c> counts from the end.</summary>
public sealed record Selection : IParsable<Selection>
{
    private readonly (int First, int Last)[] _ranges;

    private Selection((int First, int Last)[] ranges, string text) => (_ranges, Text) = (ranges, text);

    /// <summary>Everything.</summary>
    public static Selection All { get; } = new([], "all");

    /// <summary>What the user wrote.</summary>
    public string Text { get; }

    /// <summary>Reads <c>all</c>, <c>3</c>, <c>0,2-4</c>, <c>-1</c>.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    public static Selection Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var result) ? result : throw new FormatException($"Expected 'all', a number, or numbers and ranges such as '0,2-4'; found '{s}'.");

    /// <summary>Reads <c>all</c>, <c>3</c>, <c>0,2-4</c>, <c>-1</c>.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The selection.</param>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out Selection result)
    {
        result = null;
        if (string.IsNullOrWhiteSpace(s))
        {
            return false;
        }

        if (s.Trim() == "all")
        {
            result = All;
            return true;
        }

        var ranges = new List<(int, int)>();
        foreach (var part in s.Split(',', StringSplitOptions.TrimEntries))
        {
            var dash = part.IndexOf('-', Math.Min(1, part.Length));
            var first = dash < 0 ? part : part[..dash];
            var last = dash < 0 ? part : part[(dash + 1)..];
            if (!int.TryParse(first, out var low) || !int.TryParse(last, out var high) || (low >= 0 && high >= 0 && low > high))
            {
                return false;
            }

            ranges.Add((low, high));
        }

        result = new Selection([.. ranges], s.Trim());
        return true;
    }

    /// <summary>The chosen indices, ascending, each once.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="what">What is chosen, for the message: <c>layer</c>, <c>head</c>.</param>
    public IReadOnlyList<int> Of(int count, string what)
    {
        if (_ranges.Length == 0)
        {
            return [.. Enumerable.Range(0, count)];
        }

        var chosen = new bool[count];
        foreach (var (first, last) in _ranges)
        {
            var low = first < 0 ? count + first : first;
            var high = last < 0 ? count + last : last;
            if (low < 0 || high >= count || low > high)
            {
                // Positions are those of a prompt, all else is the model's.
                var whose = what == "position" ? $"a prompt of {count} {(count == 1 ? "token" : "tokens")}" : "this model";
                throw new UsageException($"--{what} {Text}: {whose} has {(count == 1 ? $"{what} 0 alone" : $"{what}s 0 to {count - 1}")}.");
            }

            chosen.AsSpan(low, high - low + 1).Fill(true);
        }

        return [.. Enumerable.Range(0, count).Where(index => chosen[index])];
    }

    /// <summary>What the user wrote.</summary>
    public override string ToString() => Text;
}
