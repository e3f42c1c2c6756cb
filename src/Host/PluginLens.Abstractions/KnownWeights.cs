using System.Globalization;
using System.Text;

namespace PluginLens;

/// <summary>The weights that a model may have, as <c>export-scripts/graph/weights.table</c> lists them: one table for the exporter and the host.</summary>
internal static class KnownWeights
{
    /// <summary>Every line, in the order in which weights are written.</summary>
    public static IReadOnlyList<KnownWeight> All { get; } = Read();

    /// <summary>The line of a weight, or null for a name that the table does not know.</summary>
    /// <param name="name">E.g. <c>blocks.2.attn.W_Q</c>.</param>
    public static KnownWeight? Of(string name)
    {
        var pattern = Pattern(name);
        foreach (var weight in All)
        {
            if (weight.Name == pattern)
            {
                return weight;
            }
        }

        return null;
    }

    /// <summary>Names of the weights without which no model of this configuration computes.</summary>
    /// <param name="config">The configuration.</param>
    public static IEnumerable<string> Needed(ModelConfig config)
    {
        foreach (var weight in All.Where(weight => weight.IsNeeded(config)))
        {
            var (layers, experts) = (weight.Name.Contains("{l}", StringComparison.Ordinal) ? config.NLayers : 1,
                weight.Name.Contains("{e}", StringComparison.Ordinal) ? KnownWeight.Count(config, "n_experts") : 1);
            for (var layer = 0; layer < layers; layer++)
            {
                for (var expert = 0; expert < experts; expert++)
                {
                    yield return weight.Name.Replace("{l}", Text(layer), StringComparison.Ordinal).Replace("{e}", Text(expert), StringComparison.Ordinal);
                }
            }
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The name with <c>{l}</c> and <c>{e}</c> in place of its numbers.</summary>
    private static string Pattern(string name)
    {
        var parts = name.Split('.');
        for (var at = 1; at < parts.Length; at++)
        {
            var variable = parts[at - 1] == "blocks" ? "{l}" : parts[at - 1] == "experts" ? "{e}" : null;
            parts[at] = variable is not null && int.TryParse(parts[at], NumberStyles.None, CultureInfo.InvariantCulture, out _) ? variable : parts[at];
        }

        return string.Join('.', parts);
    }

    private static List<KnownWeight> Read()
    {
        using var stream = typeof(KnownWeights).Assembly.GetManifestResourceStream("weights.table")
            ?? throw new InvalidOperationException("The table of weights is not in this assembly.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var weights = new List<KnownWeight>();
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#')
            {
                var (open, close) = (line.IndexOf('[', StringComparison.Ordinal), line.IndexOf(']', StringComparison.Ordinal));
                weights.Add(new(line[..(open - 1)], line[(open + 1)..close].Split(' '), line[(close + 1)..].Trim()));
            }
        }

        return weights;
    }
}
