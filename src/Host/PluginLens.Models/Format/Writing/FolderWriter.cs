using System.Security.Cryptography;
using Google.Protobuf;
using Newtonsoft.Json.Linq;
using PluginLens.Import;
using PluginLens.Import.Source;
using PluginLens.Models.Format.Canonical;

namespace PluginLens.Models.Format.Writing;

/// <summary>Writes a model folder beside its destination; it is put in place whole, or not at all.</summary>
internal sealed class FolderWriter : IDisposable
{
    public const string Exporter = "pluginlens import 0.1.0";
    private readonly string _destination;
    private bool _isPlaced;

    public FolderWriter(string destination, bool force)
    {
        _destination = Path.TrimEndingDirectorySeparator(Path.GetFullPath(destination));
        Refuse(_destination, force);
        var parent = Path.GetDirectoryName(_destination)!;
        Directory.CreateDirectory(parent);
        Folder = Path.Combine(parent, $".{Path.GetFileName(_destination)}.{Path.GetRandomFileName()}");
        Directory.CreateDirectory(Folder);
    }

    /// <summary>The folder beside the destination.</summary>
    public string Folder { get; }

    /// <summary>Checks the destination before any work is done.</summary>
    /// <param name="destination">Where the model is to be written.</param>
    /// <param name="force">Whether an existing model folder is replaced.</param>
    public static void Refuse(string destination, bool force)
    {
        if (File.Exists(destination))
        {
            throw new ModelException($"'{destination}' is a file; give a folder to write the model to.");
        }

        if (!Directory.Exists(destination))
        {
            return;
        }

        if (!File.Exists(Path.Combine(destination, "model.onnx")) && Directory.EnumerateFileSystemEntries(destination).Any())
        {
            throw new ModelException($"'{destination}' exists and is not a model folder; it is left alone. Give another folder.");
        }

        if (!force)
        {
            throw new ModelException($"'{destination}' exists; give another folder, or --force to replace it.");
        }
    }

    /// <summary>Writes the weights, the graph and the tokenizer.</summary>
    /// <param name="model">What was recognised.</param>
    /// <param name="source">Where it came from.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="config">Values of config.json, for ids that only it knows.</param>
    /// <param name="cancellation">Stops between weights.</param>
    /// <returns>The metadata that were written, and notes for the user.</returns>
    public (JObject Facts, IReadOnlyList<string> Notes) Write(CanonicalModel model, SourceModel source, string name, JObject config, CancellationToken cancellation)
    {
        var facts = new JObject { ["pluginlens.format"] = "1", ["pluginlens.exporter"] = Exporter, ["name"] = name, ["dtype"] = "float32" };
        facts.Merge(model.Config);
        facts["processing"] = new JArray();
        using var data = new DataFile(Path.Combine(Folder, CanonicalProto.DataName));
        var weights = new List<WrittenWeight>();
        foreach (var weight in model.Weights)
        {
            cancellation.ThrowIfCancellationRequested();
            weights.Add(data.Add(weight));
        }

        var graph = TemplateInterpreter.Interpret(TemplateInterpreter.EmbeddedTemplate(), facts, weights.Select(w => w.Name).ToHashSet(StringComparer.Ordinal));
        var notes = model.Notes.ToList();
        facts["hooks"] = CanonicalProto.Hooks(graph);
        TokenizerCopy.Add(source.Folder, Folder, facts, notes);
        foreach (var key in new[] { "bos", "eos", "pad" })
        {
            if (!facts.ContainsKey($"{key}_id") && config[$"{key}_token_id"] is { Type: JTokenType.Integer } id && id.Value<long>() >= 0 && id.Value<long>() < facts.Value<long>("d_vocab"))
            {
                facts[$"{key}_id"] = id.Value<int>();
            }
        }

        facts["source"] = Path.GetFileName(source.Folder);
        facts["source_sha256"] = new JObject(source.DataFiles.Prepend(source.Path).Distinct().Select(f => new JProperty(Path.GetFileName(f), Hash(f))));
        facts["weights_sha256"] = data.Digest();
        File.WriteAllBytes(Path.Combine(Folder, "model.onnx"), CanonicalProto.Build(graph, weights, facts).ToByteArray());
        return (facts, notes);
    }

    /// <summary>Moves the finished folder to its destination; an old one is removed only when the new one is there.</summary>
    public void Place()
    {
        var old = Folder + ".old";
        if (Directory.Exists(_destination))
        {
            Directory.Move(_destination, old);
        }

        try
        {
            Directory.Move(Folder, _destination);
        }
        catch (IOException) when (Directory.Exists(old))
        {
            Directory.Move(old, _destination);
            throw;
        }

        _isPlaced = true;
        if (Directory.Exists(old))
        {
            Directory.Delete(old, recursive: true);
        }
    }

    public void Dispose()
    {
        if (!_isPlaced && Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    private static string Hash(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
