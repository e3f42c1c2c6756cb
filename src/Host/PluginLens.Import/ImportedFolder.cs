using System.Text.Json.Nodes;
using Google.Protobuf;
using PluginLens.Import.Recognition;
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
    /// <param name="name">The model's name.</param>
    /// <param name="source">How its source is called, and the files that it is made of.</param>
    /// <param name="tokenizer">Puts the tokenizer's files into the folder; receives the metadata and the notes.</param>
    /// <param name="cancellation">Stops between weights.</param>
    /// <returns>The metadata that were written, and notes for the user.</returns>
    public static (JsonObject Facts, IReadOnlyList<string> Notes) Write(
        string folder, RecognisedModel model, string name, (string Name, IEnumerable<string> Files) source, Action<JsonObject, List<string>> tokenizer, CancellationToken cancellation)
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
        tokenizer(facts, notes);
        facts["source"] = source.Name;
        facts["source_sha256"] = new JsonObject(source.Files.Distinct().Select(f => KeyValuePair.Create(Path.GetFileName(f), (JsonNode?)FileHash.Of(f))));
        facts["weights_sha256"] = data.Digest();
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), CanonicalProto.Build(graph, weights, facts).ToByteArray());
        return (facts, notes);
    }
}
