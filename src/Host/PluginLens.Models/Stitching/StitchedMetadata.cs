using System.Globalization;
using System.Text.Json.Nodes;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Writing;

namespace PluginLens.Models.Stitching;

/// <summary>The metadata of a stitched model: the receiver's, with its last blocks only, and the key <c>stitched</c>.</summary>
internal static class StitchedMetadata
{
    /// <summary>Keys that speak of the receiver's own file, or of its embeddings.</summary>
    private static readonly string[] Left = ["pluginlens.format", "pluginlens.exporter", "name", "dtype", "weight_types", "hooks", "source", "source_sha256", "weights_sha256", "seal", "stitched"];

    /// <summary>Every entry but the seal, in order.</summary>
    /// <param name="receiver">The receiver.</param>
    /// <param name="seam">Where it goes on.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="weights">Sha-256 of the data file.</param>
    public static IEnumerable<KeyValuePair<string, string>> Of(OnnxModel receiver, Seam seam, StitchedGraph graph, string name, string weights)
    {
        yield return new("pluginlens.format", FolderTable.Format);
        yield return new("pluginlens.exporter", $"pluginlens stitch {FolderTable.Version}");
        yield return new("name", name);
        yield return new("dtype", "float32");
        foreach (var (key, value) in receiver.Config.Metadata.Where(entry => !Left.Contains(entry.Key)))
        {
            if (Changed(key, value, receiver.Config, seam, graph.UsesPositions) is { } text)
            {
                yield return new(key, text);
            }
        }

        yield return new("stitched", Stitched(receiver, seam));
        yield return new("hooks", MetadataJson.Text(CanonicalProto.Hooks(graph.Hooks)));
        yield return new("weights_sha256", weights);
    }

    /// <summary>The receiver's value as it holds for its last blocks; null = the key does not apply.</summary>
    private static string? Changed(string key, string value, ModelConfig receiver, Seam seam, bool usesPositions) => key switch
    {
        "n_layers" => Text(seam.Last),
        "n_ctx" => Text(Math.Min(receiver.NCtx, seam.Donor.Config.NCtx)),
        "positions" when receiver.Positions == "learned" && !usesPositions => "none",
        "pos_offset" when !usesPositions => null,
        "tied" => receiver.Tied ? "true" : "false",
        "window_size" or "rope_of_layer" => OfLastBlocks(value, receiver.NLayers - seam.Last),
        _ => value,
    };

    /// <summary>A list with an entry for each layer loses those of the layers that are left out.</summary>
    private static string OfLastBlocks(string json, int first) => JsonNode.Parse(json) is JsonArray list ? MetadataJson.Text(new JsonArray([.. list.Skip(first).Select(entry => entry?.DeepClone())])) : json;

    private static string Stitched(OnnxModel receiver, Seam seam)
    {
        var facts = new JsonObject
        {
            ["donor"] = Identity(seam.Donor),
            ["receiver"] = Identity(receiver),
            ["blocks"] = seam.Blocks,
            ["last"] = seam.Last,
            ["ln_f"] = seam.LnF,
            ["add_positions"] = seam.AddPositions,
        };
        foreach (var (key, value) in seam.Facts)
        {
            facts[key] = bool.TryParse(value, out var flag) ? (JsonNode)flag : value;
        }

        return MetadataJson.Text(facts);
    }

    /// <summary>A view with other weights has no hash; the one of its folder says what it was made from.</summary>
    private static JsonObject Identity(Model model) => model.Sha256 is { } hash
        ? new JsonObject { ["name"] = model.Config.Name, ["sha256"] = hash }
        : new JsonObject { ["name"] = model.Config.Name, ["sha256"] = null, ["changed_from_sha256"] = (model as OnnxModel)?.FolderSha256 };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
