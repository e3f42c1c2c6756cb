using System.Text;

namespace PluginLens.Pictures;

/// <summary>Names of sheets: at most 31 characters, none of them forbidden, no two alike even where case is all that differs.</summary>
internal sealed class SheetNames
{
    private const int Most = 31;
    private readonly HashSet<string> _taken = new(["History"], StringComparer.OrdinalIgnoreCase);

    /// <summary>A name that no sheet has yet.</summary>
    /// <param name="wanted">What it is about.</param>
    /// <param name="part">Which part of it, from 1; 0 = the whole.</param>
    public string Take(string wanted, int part = 0)
    {
        var plain = new StringBuilder(wanted.Length);
        foreach (var letter in wanted)
        {
            plain.Append(letter is '[' or ']' or ':' or '*' or '?' or '/' or '\\' || char.IsControl(letter) || char.IsSurrogate(letter) ? '_' : letter);
        }

        var stem = plain.ToString().Trim('\'', ' ');
        stem = stem.Length == 0 ? "table" : stem;
        for (var attempt = 1; ; attempt++)
        {
            var end = (part > 0 ? $" ({part})" : string.Empty) + (attempt > 1 ? $"~{attempt}" : string.Empty);
            var name = stem[..Math.Min(stem.Length, Most - end.Length)].TrimEnd('\'', ' ') + end;
            if (_taken.Add(name))
            {
                return name;
            }
        }
    }
}
