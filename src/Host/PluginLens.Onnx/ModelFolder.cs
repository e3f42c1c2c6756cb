using System.Globalization;
using System.Security.Cryptography;
using PluginLens.Onnx.Files;
using PluginLens.Onnx.Proto;

namespace PluginLens.Onnx;

/// <summary>Opens model folders, and refuses those that break docs/model-folder.md with one line that says what is wrong.</summary>
public static class ModelFolder
{
    private const string FileName = "model.onnx";

    /// <summary>Opens a folder; weights are mapped, nothing is computed.</summary>
    /// <param name="path">A folder with <c>model.onnx</c>, or that file.</param>
    /// <param name="options">Device and threads.</param>
    public static OnnxModel Open(string path, OpenOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var file = Locate(path);
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var maps = new Dictionary<string, MappedFile>(StringComparer.Ordinal);
        try
        {
            return Open(folder, file, maps, options);
        }
        catch (Exception error)
        {
            foreach (var map in maps.Values)
            {
                map.Dispose();
            }

            if (error is IOException or UnauthorizedAccessException or OverflowException)
            {
                throw new ModelException($"'{path}' cannot be read: {error.Message}", error);
            }

            throw;
        }
    }

    private static OnnxModel Open(string folder, string file, Dictionary<string, MappedFile> maps, OpenOptions options)
    {
        var map = maps[file] = new MappedFile(file);
        var proto = SlimModel.Parse(map);
        if (proto.Graph is null || proto.Graph.Node.Count == 0)
        {
            throw new ModelException($"'{file}' holds no graph; copy or export the model again.");
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in proto.MetadataProps)
        {
            values[entry.Key] = entry.Value;
        }

        var metadata = new Metadata(folder, values);
        metadata.RequireFormat();
        SlimModel.CheckSeal(map, proto);
        var config = metadata.Config();
        RequireOpset(proto, file);
        Topology.Check(proto.Graph, metadata.Hooks, file);
        var weights = Weights(proto.Graph, config, folder, file, maps);
        CheckTokenizer(folder, metadata, config);
        config = config with { Traits = Traits.Of(config, weights.ContainsKey, metadata.TokenizerFiles.Count > 0) };
        return new OnnxModel(folder, proto, config, metadata, weights, [.. maps.Values], Hash(map), options);
    }

    private static string Locate(string path)
    {
        var file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        if (File.Exists(file))
        {
            return file;
        }

        var others = Directory.Exists(path) ? Directory.GetFiles(path, "*.onnx", SearchOption.AllDirectories) : [];
        throw others.Length > 0
            ? new ModelException($"'{path}' holds {Path.GetRelativePath(path, others[0])} but no {FileName}: it is not a model folder; import it first: pluginlens import {path} <new folder>.")
            : new ModelException($"'{path}' is not a model folder: it holds no {FileName}.");
    }

    private static void RequireOpset(ModelProto proto, string file)
    {
        var opset = proto.OpsetImport.FirstOrDefault(import => import.Domain is "" or "ai.onnx")?.Version ?? 0;
        if (opset is < 13 or > 26 || proto.IrVersion is < 3 or > 13)
        {
            throw new ModelException($"'{file}' has opset {opset} and IR version {proto.IrVersion}; expected opset 13 to 26. Export the model again.");
        }
    }

    private static Dictionary<string, StoredWeight> Weights(GraphProto graph, ModelConfig config, string folder, string file, Dictionary<string, MappedFile> maps)
    {
        var weights = new Dictionary<string, StoredWeight>(StringComparer.Ordinal);
        foreach (var tensor in graph.Initializer)
        {
            if (tensor.Name.StartsWith("const.", StringComparison.Ordinal))
            {
                continue;
            }

            if (!weights.TryAdd(tensor.Name, Stored(tensor, config, folder, file, maps)))
            {
                throw new ModelException($"'{file}' has two initializers named '{tensor.Name}'; export the model again.");
            }
        }

        var missing = WeightShapes.Required(config).FirstOrDefault(name => !weights.ContainsKey(name));
        return missing is null ? weights : throw new ModelException($"'{file}' has no weight '{missing}', which a model of {config.NLayers} layers and {config.Positions} positions needs; export the model again.");
    }

    private static StoredWeight Stored(TensorProto tensor, ModelConfig config, string folder, string file, Dictionary<string, MappedFile> maps)
    {
        var shape = tensor.Dims.Select(extent => extent is >= 0 and <= int.MaxValue ? (int)extent : throw Bad($"an extent of {extent}")).ToArray();
        var expected = WeightShapes.Of(config, tensor.Name);
        if (expected is not null && !expected.SequenceEqual(shape))
        {
            throw new ModelException($"'{file}': weight '{tensor.Name}' should be [{string.Join(", ", expected)}] by the configuration, found [{string.Join(", ", shape)}]; export the model again.");
        }

        if (!Enum.IsDefined((ElementType)tensor.DataType))
        {
            throw Bad($"element type {tensor.DataType}; expected float32, float16 or bfloat16");
        }

        if (tensor.DataLocation != TensorProto.Types.DataLocation.External)
        {
            throw Bad("its data neither in raw_data nor in a data file");
        }

        var place = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in tensor.ExternalData)
        {
            place[entry.Key] = entry.Value;
        }

        var location = place.GetValueOrDefault("location", string.Empty);
        var path = location == Path.GetFileName(file) && maps.ContainsKey(file) ? file : ExternalPath.Resolve(folder, location, tensor.Name);
        var map = maps.TryGetValue(path, out var known) ? known : maps[path] = new MappedFile(path);
        var offset = Number("offset") ?? 0;
        var weight = new StoredWeight(tensor.Name, (ElementType)tensor.DataType, shape, map, offset);
        var length = Number("length") ?? weight.Bytes;
        if (length != weight.Bytes)
        {
            throw Bad($"{length} bytes of data for shape [{string.Join(", ", shape)}], which needs {weight.Bytes}");
        }

        return offset <= map.Length - length ? weight : throw new ModelException(
            $"'{path}' ends at byte {map.Length}, but '{tensor.Name}' lies at bytes {offset} to {offset + length}: the file is truncated; copy or export the model again.");

        ModelException Bad(string found) => new($"'{file}': weight '{tensor.Name}' has {found}; export the model again.");

        long? Number(string key) => !place.TryGetValue(key, out var text) ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Bad($"the {key} '{text}'");
    }

    /// <summary>Files as they were when the model was made: a tokenizer of another model gives wrong ids in silence.</summary>
    private static void CheckTokenizer(string folder, Metadata metadata, ModelConfig config)
    {
        foreach (var (name, expected) in metadata.TokenizerFiles)
        {
            var path = Path.Combine(folder, name);
            if (Path.GetFileName(name) != name || !File.Exists(path))
            {
                throw new ModelException($"'{folder}' lacks the tokenizer file '{name}'; copy it from where the model came from.");
            }

            var found = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
            if (found != expected)
            {
                throw new ModelException($"'{path}' is not the tokenizer file that this model was made with (sha-256 {found[..12]}…, expected {expected[..Math.Min(12, expected.Length)]}…); restore it or export the model again.");
            }
        }

        if (metadata.TokenizerSize > config.DVocab)
        {
            throw new ModelException($"'{folder}': the tokenizer knows {metadata.TokenizerSize} ids, the embedding has {config.DVocab} rows; they do not belong together.");
        }

        if (config.BosId is < 0 || config.BosId >= config.DVocab)
        {
            throw new ModelException($"'{folder}': bos_id {config.BosId} lies outside the vocabulary of {config.DVocab}; export the model again.");
        }
    }

    /// <summary>The hash of model.onnx, whose metadata hold the hash of the weights: it identifies the model at no cost.</summary>
    private static string Hash(MappedFile map) =>
        Convert.ToHexStringLower(map.Length < 1 << 28 ? SHA256.HashData(map.Span(0, (int)map.Length)) : SHA256.HashData(File.OpenRead(map.Path)));
}
