using System.Text.Json;

namespace PluginLens.Models.Format;

/// <summary>The types that weights have in the file that a folder was imported from.</summary>
public static class WeightTypes
{
    private const string Key = "weight_types";

    /// <summary>Weight name to type; those of float32 are not in it.</summary>
    /// <param name="config">The configuration.</param>
    public static IReadOnlyDictionary<string, string> Of(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.Metadata.TryGetValue(Key, out var text) ? JsonSerializer.Deserialize<Dictionary<string, string>>(text)! : new Dictionary<string, string>();
    }
}
