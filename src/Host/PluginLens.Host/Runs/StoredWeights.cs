using System.Text.Json;

namespace PluginLens.Host;

/// <summary>Says in results which types the numbers had in the file that a model was imported from: rounded weights give other lists.</summary>
internal static class StoredWeights
{
    private const string Key = "weight_types";

    /// <summary>A note for each model that is not stored in float32.</summary>
    /// <param name="models">The models of a run.</param>
    public static IEnumerable<string> Notes(IEnumerable<Model> models)
    {
        foreach (var model in models.Where(model => model.Config.Metadata.ContainsKey(Key)))
        {
            using var json = JsonDocument.Parse(model.Config.Metadata[Key]);
            var types = json.RootElement.EnumerateObject().Select(type => type.Value.ToString()).Distinct().Order(StringComparer.Ordinal);
            yield return $"{model.Config.Name}: weights as stored: {string.Join(", ", types)}";
        }
    }
}
