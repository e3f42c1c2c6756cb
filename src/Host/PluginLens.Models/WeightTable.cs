using System.Globalization;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Coded;
using PluginLens.Models.Format.Files;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Models;

/// <summary>Finds where each weight of a graph lies, and refuses weights that are not what the configuration says.</summary>
/// <param name="config">The configuration.</param>
/// <param name="folder">The model folder.</param>
/// <param name="file">Its model.onnx.</param>
/// <param name="maps">Files mapped so far; data files are added.</param>
internal sealed class WeightTable(ModelConfig config, string folder, string file, Dictionary<string, MappedFile> maps)
{
    /// <summary>The metadata's <c>dtype</c> of a folder whose weights have a type each.</summary>
    public const string StoredType = "stored";

    /// <summary>Where each location leads. A folder's weights name one, and to follow its links asks the system about every folder on the way.</summary>
    private readonly Dictionary<string, string> _paths = new(StringComparer.Ordinal) { [Path.GetFileName(file)] = file };

    /// <summary>Every weight by name.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="type">How weights are stored, as the metadata say.</param>
    public Dictionary<string, ModelWeight> Read(GraphProto graph, string type)
    {
        var (weights, stored) = (new Dictionary<string, ModelWeight>(StringComparer.Ordinal), new List<StoredWeight>());
        var parts = new Dictionary<string, StoredWeight>(StringComparer.Ordinal);
        foreach (var tensor in graph.Initializer)
        {
            if (BlockNames.IsConstant(tensor.Name))
            {
                RequireInside(tensor);
                continue;
            }

            var weight = Stored(tensor);
            if (type == StoredType && WeightOf(tensor.Name) is not null)
            {
                parts.Add(tensor.Name, weight);
                stored.Add(weight);
                continue;
            }

            if (weight.Type != (type is "float32" or StoredType ? ElementType.Float : type == "float16" ? ElementType.Float16 : ElementType.BFloat16))
            {
                throw Bad(tensor.Name, $"element type {weight.Type}, the metadata say {type}");
            }

            RequireShape(tensor.Name, weight.Shape);
            weights.Add(tensor.Name, weight);
            stored.Add(weight);
        }

        AddComputed(graph, weights, parts);
        var missing = KnownWeights.Needed(config).FirstOrDefault(name => !weights.ContainsKey(name));
        if (missing is not null)
        {
            throw new ModelException($"'{file}' has no weight '{missing}', which a model of {config.NLayers} layers and {config.Positions} positions needs; export the model again.");
        }

        RequireApart(stored);
        return weights;
    }

    /// <summary>Weights that the graph computes: from codes, or as the embedding transposed.</summary>
    private void AddComputed(GraphProto graph, Dictionary<string, ModelWeight> weights, Dictionary<string, StoredWeight> parts)
    {
        var isTied = config.Tied && !weights.ContainsKey(TiedWeight.Unembedding) && !parts.ContainsKey(TiedWeight.Unembedding + CodedNames.Codes);
        if (parts.Count == 0 && !isTied)
        {
            return;
        }

        var reader = new CodedReader(graph, file);
        foreach (var name in parts.Keys.Select(part => WeightOf(part)!).Distinct())
        {
            if (weights.ContainsKey(name) || !parts.ContainsKey(name + CodedNames.Codes))
            {
                throw Bad(name, weights.ContainsKey(name) ? "values of its own besides codes" : "a scale but no codes");
            }

            var weight = reader.Read(name, ending => parts.GetValueOrDefault(name + ending));
            RequireShape(name, weight.Shape);
            weights.Add(name, weight);
        }

        if (isTied && weights.TryGetValue(TiedWeight.Embedding, out var embedding) && reader.Tied(embedding) is { } tied)
        {
            weights.Add(tied.Name, tied);
        }
    }

    /// <summary>The weight that a part belongs to; null where a name is no part's.</summary>
    private static string? WeightOf(string part) => part.LastIndexOf('.') is > 0 and var dot && part[dot..] is CodedNames.Codes or CodedNames.Scale or CodedNames.Minimum ? part[..dot] : null;

    private StoredWeight Stored(TensorProto tensor)
    {
        var shape = Shape(tensor);
        if (!Enum.IsDefined((ElementType)tensor.DataType))
        {
            throw Bad(tensor.Name, $"element type {tensor.DataType}; expected float32, float16 or bfloat16");
        }

        if (tensor.DataLocation != TensorProto.Types.DataLocation.External)
        {
            throw Bad(tensor.Name, "its data neither in raw_data nor in a data file");
        }

        var (path, offset, length) = Place(tensor);
        var map = maps.TryGetValue(path, out var known) ? known : maps[path] = new MappedFile(path);
        var weight = new StoredWeight(tensor.Name, (ElementType)tensor.DataType, shape, map, offset);
        length ??= weight.Bytes;
        if (length != weight.Bytes)
        {
            throw Bad(tensor.Name, $"{length} bytes of data for shape [{string.Join(", ", shape)}], which needs {weight.Bytes}");
        }

        if (offset > map.Length - length)
        {
            throw new ModelException($"'{path}' ends at byte {map.Length}, but '{tensor.Name}' lies at bytes {offset} to {(decimal)offset + length}: the file is truncated; copy or export the model again.");
        }

        return path == file || offset % weight.ElementSize == 0 ? weight : throw Bad(tensor.Name, $"the offset {offset}, which is not a multiple of {weight.ElementSize}");
    }

    /// <summary>The extents; a loop and not a query, for this runs at every start and each new generic costs milliseconds.</summary>
    private int[] Shape(TensorProto tensor)
    {
        var shape = new int[tensor.Dims.Count];
        var count = 1L;
        for (var at = 0; at < shape.Length; at++)
        {
            var extent = tensor.Dims[at];
            if (extent <= 0 || extent > Array.MaxLength / count)
            {
                throw Bad(tensor.Name, $"the shape [{string.Join(", ", tensor.Dims)}]; expected positive extents and at most {Array.MaxLength} elements");
            }

            shape[at] = (int)extent;
            count *= extent;
        }

        return shape;
    }

    private void RequireShape(string name, int[] shape)
    {
        if (name.StartsWith("blocks.", StringComparison.Ordinal))
        {
            var end = name.IndexOf('.', 7);
            if (end < 0 || !int.TryParse(name.AsSpan(7, end - 7), NumberStyles.None, CultureInfo.InvariantCulture, out var layer) || layer >= config.NLayers)
            {
                throw new ModelException($"'{file}' has a weight '{name}', the metadata say {config.NLayers} layers; export the model again.");
            }
        }

        // Names that the table does not know are a stitched model's own: its donor's, and the map.
        if (KnownWeights.Of(name) is not { } known)
        {
            return;
        }

        if (!known.IsPossible(config))
        {
            throw new ModelException($"'{file}' has a weight '{name}', for which the metadata give no sizes ({string.Join(", ", known.Extents)}); export the model again.");
        }

        if (!known.Fits(config, shape))
        {
            throw new ModelException($"'{file}': weight '{name}' should be [{known.Text(config)}] by the configuration, found [{string.Join(", ", shape)}]; export the model again.");
        }
    }

    private (string Path, long Offset, long? Length) Place(TensorProto tensor)
    {
        var place = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in tensor.ExternalData)
        {
            place[entry.Key] = entry.Value;
        }

        var location = place.GetValueOrDefault("location", string.Empty);
        var path = _paths.TryGetValue(location, out var known) ? known : _paths[location] = ExternalPath.Resolve(folder, location, tensor.Name);
        return (path, Number("offset") ?? 0, Number("length"));

        long? Number(string key) => !place.TryGetValue(key, out var text) ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Bad(tensor.Name, $"the {key} '{text}'");
    }

    /// <summary>ONNX Runtime reads the constants itself: they may lie in model.onnx and nowhere else.</summary>
    private void RequireInside(TensorProto tensor)
    {
        if (tensor.DataLocation == TensorProto.Types.DataLocation.External && Place(tensor) is var (path, offset, length)
            && (path != file || length is null || offset > maps[file].Length - length))
        {
            throw Bad(tensor.Name, "its data outside the file; constants are stored inline");
        }
    }

    /// <summary>Weights that share bytes are a damaged offset, unless they share all of them.</summary>
    private void RequireApart(List<StoredWeight> weights)
    {
        weights.Sort((x, y) => x.File != y.File ? string.CompareOrdinal(x.File.Path, y.File.Path) : x.Offset != y.Offset ? x.Offset.CompareTo(y.Offset) : x.Bytes.CompareTo(y.Bytes));
        StoredWeight? before = null;
        foreach (var weight in weights)
        {
            var overlaps = before is not null && before.File == weight.File && weight.Offset < before.Offset + before.Bytes;
            if (overlaps && (weight.Offset != before!.Offset || weight.Bytes != before.Bytes))
            {
                throw new ModelException($"'{file}': the data of '{before.Name}' and '{weight.Name}' overlap in '{Path.GetFileName(weight.File.Path)}'; export the model again.");
            }

            before = weight;
        }
    }

    private ModelException Bad(string name, string found) => new($"'{file}': weight '{name}' has {found}; export the model again.");
}
