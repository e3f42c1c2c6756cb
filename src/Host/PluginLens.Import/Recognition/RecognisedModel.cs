using System.Text.Json.Nodes;
using PluginLens.Models.Format.Canonical;

namespace PluginLens.Import.Recognition;

/// <summary>What an importer found, in the names of the model folder.</summary>
/// <param name="Config">The configuration, keys as in the metadata.</param>
/// <param name="Weights">The weights in canonical order.</param>
/// <param name="Notes">What could not be read from the graph, for the user.</param>
internal sealed record RecognisedModel(JsonObject Config, IReadOnlyList<CanonicalWeight> Weights, IReadOnlyList<string> Notes);
