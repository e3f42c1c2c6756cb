using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace PluginLens.Host;

/// <summary>Which model a result is about.</summary>
/// <param name="Name">Name of the model folder.</param>
/// <param name="Architecture">Family.</param>
/// <param name="Sha256">Hash of graph, weights and metadata; null for models made in memory.</param>
/// <param name="WeightsSha256">Hash of the file that the weights lie in; null where they lie with the graph or in memory.</param>
/// <param name="Weights">How the weights compare with the hash that the metadata record; null for models made in memory.</param>
/// <param name="Processing">Weight processing: <c>raw</c>, or steps joined by <c>+</c>.</param>
/// <param name="TokenizerSha256">Hash over the names and hashes of the tokenizer's files; null without a tokenizer.</param>
public sealed record ModelIdentity(string Name, string Architecture, string? Sha256, string? WeightsSha256, WeightsState? Weights, string Processing, string? TokenizerSha256)
{
    /// <summary>The identity of a model.</summary>
    /// <param name="model">The model.</param>
    public static ModelIdentity Of(Model model) =>
        new(model.Config.Name, model.Config.Architecture, model.Sha256, model.WeightsSha256, model.WeightsState, model.Config.ProcessingName, TokenizerHash(model.Config));

    private static string? TokenizerHash(ModelConfig config)
    {
        if (!config.Metadata.TryGetValue("tokenizer_files", out var text))
        {
            return null;
        }

        try
        {
            // Not by Newtonsoft.Json, which a run that writes no JSON has no need to load.
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            // Names with their lines: a query over the document's own structures would be compiled at every start.
            var files = new List<string[]>();
            foreach (var file in json.RootElement.EnumerateObject())
            {
                files.Add([file.Name, $"{file.Name} {file.Value.ToString()}\n"]);
            }

            var lines = string.Concat(files.OrderBy(file => file[0], StringComparer.Ordinal).Select(file => file[1]));
            return lines.Length == 0 ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines)));
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
