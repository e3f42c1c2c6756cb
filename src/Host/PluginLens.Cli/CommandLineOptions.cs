namespace PluginLens.Cli;

/// <summary>
/// What the user wrote for a plugin: <c>--name value</c>, <c>--name=value</c> or a bare <c>--flag</c>. The host binds it to the plugin's record.
/// </summary>
internal static class CommandLineOptions
{
    /// <summary>Splits what the command itself did not know into names and values.</summary>
    /// <param name="rest">Tokens in order.</param>
    /// <param name="isFlag">Whether an option may stand without a value.</param>
    public static List<KeyValuePair<string, string?>> Parse(IReadOnlyList<string> rest, Func<string, bool> isFlag)
    {
        var options = new List<KeyValuePair<string, string?>>();
        for (var at = 0; at < rest.Count; at++)
        {
            if (!rest[at].StartsWith("--", StringComparison.Ordinal) || rest[at].Length == 2)
            {
                throw new UsageException($"Did not expect '{rest[at]}' here; options begin with --.");
            }

            var equals = rest[at].IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? rest[at][2..] : rest[at][2..equals];
            if (equals >= 0)
            {
                options.Add(new(name, rest[at][(equals + 1)..]));
            }
            else if (at + 1 < rest.Count && TakesNext(name, rest[at + 1]))
            {
                options.Add(new(name, rest[++at]));
            }
            else
            {
                options.Add(new(name, null));
            }
        }

        return options;

        // A flag takes only 'true' or 'false'; another option takes what follows, a negative number included.
        bool TakesNext(string name, string next) => isFlag(name)
            ? bool.TryParse(next, out _)
            : !next.StartsWith("--", StringComparison.Ordinal);
    }
}
