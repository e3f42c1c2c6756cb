using System.Text.Json.Nodes;
using Google.Protobuf;
using PluginLens.Files;
using PluginLens.Import.Recognition;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Canonical;
using PluginLens.Models.Format.Coded;
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
        var types = model.Weights.Where(w => w.Codes is not null).ToDictionary(w => w.Name, w => w.StoredType!, StringComparer.Ordinal);
        var facts = new JsonObject { ["pluginlens.format"] = FolderTable.Format, ["pluginlens.exporter"] = $"pluginlens import {FolderTable.Version}", ["name"] = name, ["dtype"] = types.Count == 0 ? "float32" : "stored" };
        foreach (var (key, value) in model.Config)
        {
            facts[key] = value?.DeepClone();
        }

        if (types.Count > 0)
        {
            facts["weight_types"] = new JsonObject(types.Select(type => KeyValuePair.Create(type.Key, (JsonNode?)type.Value)));
        }

        facts["processing"] = new JsonArray();
        using var data = new DataFile(Path.Combine(folder, FolderFiles.Weights));
        var (weights, coded) = (new List<WrittenWeight>(), new List<WrittenCodes>());
        foreach (var weight in model.Weights)
        {
            cancellation.ThrowIfCancellationRequested();
            if (weight.Codes is null)
            {
                weights.Add(data.Add(weight));
                continue;
            }

            var codes = weight.Codes();
            weights.AddRange(data.Add(weight.Name, codes));
            var form = new CodedForm(codes.Scales is not null, codes.Minima is not null, codes.Factor != 1);
            coded.Add(new WrittenCodes(weight.Name, weight.Shape, form, codes.Factor, codes.Type is not (ElementType.UInt4 or ElementType.Int4) && codes.Shape[0] == weight.Shape[0]));
        }

        var graph = TemplateInterpreter.Interpret(TemplateInterpreter.EmbeddedTemplate(), facts, model.Weights.Select(w => w.Name).ToHashSet(StringComparer.Ordinal));
        var notes = model.Notes.ToList();
        facts["hooks"] = CanonicalProto.Hooks(graph.Hooks);
        tokenizer(facts, notes);
        facts["source"] = source.Name;
        facts["source_sha256"] = new JsonObject(source.Files.Distinct().Select(f => KeyValuePair.Create(Path.GetFileName(f), (JsonNode?)FileHash.Of(f))));
        facts["weights_sha256"] = data.Digest();
        WrittenFile.WriteAll(Path.Combine(folder, FolderFiles.Graph), CanonicalProto.Build(graph, weights, coded, facts).ToByteArray());
        return (facts, notes);
    }
}
