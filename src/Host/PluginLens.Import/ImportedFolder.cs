using System.Text.Json.Nodes;
using Google.Protobuf;
using PluginLens.Import.Recognition;
using PluginLens.Import.Source;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Canonical;
using PluginLens.Models.Format.Files;
using PluginLens.Models.Format.Writing;

namespace PluginLens.Import;

/// <summary>Writes a recognised model as the files of a model folder.</summary>
internal static class ImportedFolder
{
    /// <summary>Writes the weights, the graph and the tokenizer.</summary>
    /// <param name="folder">The folder that is being written.</param>
    /// <param name="model">What was recognised.</param>
    /// <param name="source">Where it came from.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="config">Values of config.json, for ids that only it knows.</param>
    /// <param name="cancellation">Stops between weights.</param>
    /// <returns>The metadata that were written, and notes for the user.</returns>
    public static (JsonObject Facts, IReadOnlyList<string> Notes) Write(
        string folder, RecognisedModel model, SourceModel source, string name, JsonObject config, CancellationToken cancellation)
    {
        var facts = new JsonObject { ["pluginlens.format"] = FolderTable.Format, ["pluginlens.exporter"] = $"pluginlens import {FolderTable.Version}", ["name"] = name, ["dtype"] = "float32" };
        foreach (var (key, value) in model.Config)
        {
            facts[key] = value?.DeepClone();
        }

        facts["processing"] = new JsonArray();
        using var data = new DataFile(Path.Combine(folder, CanonicalProto.DataName));
        var weights = new List<WrittenWeight>();
        foreach (var weight in model.Weights)
        {
            cancellation.ThrowIfCancellationRequested();
            weights.Add(data.Add(weight));
        }

        var graph = TemplateInterpreter.Interpret(TemplateInterpreter.EmbeddedTemplate(), facts, weights.Select(w => w.Name).ToHashSet(StringComparer.Ordinal));
        var notes = model.Notes.ToList();
        facts["hooks"] = CanonicalProto.Hooks(graph.Hooks);
        TokenizerCopy.Add(source.Folder, folder, facts, notes);
        foreach (var key in new[] { "bos", "eos", "pad" })
        {
            if (!facts.ContainsKey($"{key}_id") && SourceConfig.Integer(config[$"{key}_token_id"]) is { } id && id >= 0 && id < facts["d_vocab"]!.GetValue<int>())
            {
                facts[$"{key}_id"] = id;
            }
        }

        facts["source"] = Path.GetFileName(source.Folder);
        facts["source_sha256"] = new JsonObject(source.DataFiles.Prepend(source.Path).Distinct().Select(f => KeyValuePair.Create(Path.GetFileName(f), (JsonNode?)FileHash.Of(f))));
        facts["weights_sha256"] = data.Digest();
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), CanonicalProto.Build(graph, weights, facts).ToByteArray());
        return (facts, notes);
    }
}
