using PluginLens.Models.Format;
using PluginLens.Models.Format.Files;

namespace PluginLens.Models.Verification;

/// <summary>The files are those that were written: hashes, finite weights, a tokenizer that belongs to the embedding.</summary>
internal static class FileChecks
{
    /// <summary>All of them. The seal and the tokenizer's hashes were compared when the folder was opened, which refuses what does not fit.</summary>
    /// <param name="model">The model.</param>
    public static IEnumerable<ModelCheck> Run(OnnxModel model)
    {
        var metadata = model.Config.Metadata;
        yield return ModelCheck.Of("seal of model.onnx", metadata.ContainsKey("seal"), metadata.ContainsKey("seal")
            ? "graph and metadata are as they were written"
            : "there is no seal, so a changed graph cannot be told; export the model again");
        yield return Weights(model);
        if (model.TokenizerFileHashes.Count > 0)
        {
            yield return model.TokenizerFault is { } fault ? ModelCheck.Of("tokenizer files", false, fault) : ModelCheck.Of("tokenizer files", true, $"{string.Join(", ", model.TokenizerFileHashes.Keys)} have the hashes that the metadata name");
            yield return Tokenizer(model);
        }

        yield return Finite(model);
    }

    private static ModelCheck Weights(OnnxModel model)
    {
        const string Name = "hash of the weights";
        var path = Path.Combine(model.Folder, FolderFiles.Weights);
        if (!File.Exists(path))
        {
            return ModelCheck.Of(Name, model.Config.Metadata.ContainsKey("seal"), $"there is no {FolderFiles.Weights}: the weights lie in model.onnx, under its seal");
        }

        if (!model.Config.Metadata.TryGetValue("weights_sha256", out var expected))
        {
            return ModelCheck.Of(Name, false, "the metadata have no weights_sha256; export the model again");
        }

        var found = FileHash.Of(path);
        return ModelCheck.Of(Name, found == expected, found == expected
            ? $"{FolderFiles.Weights} has the hash that the metadata name"
            : $"{FolderFiles.Weights} has sha-256 {FileHash.Short(found)}…, the metadata say {FileHash.Short(expected)}…: weights were changed or damaged; copy or export the model again");
    }

    private static ModelCheck Tokenizer(OnnxModel model)
    {
        var tokenizer = model.Tokenizer!;
        if (tokenizer.Unreadable is { } reason)
        {
            return ModelCheck.Of("tokenizer and embedding", model.TokenizerFault is null, $"text cannot be read, weights and ids can: {reason}");
        }

        var size = model.Config.Metadata.GetValueOrDefault("tokenizer_size");
        var fits = tokenizer.Count <= model.Config.DVocab && (size is null || size == $"{tokenizer.Count}");
        return ModelCheck.Of("tokenizer and embedding", fits, $"the tokenizer knows {tokenizer.Count} ids, the metadata say {size ?? "nothing"}, the embedding has {model.Config.DVocab} rows");
    }

    private static ModelCheck Finite(OnnxModel model)
    {
        foreach (var name in model.WeightNames)
        {
            try
            {
                model.Weight(name);
            }
            catch (ModelException error)
            {
                return ModelCheck.Of("finite weights", false, error.Message);
            }
        }

        return ModelCheck.Of("finite weights", true, $"{model.WeightNames.Count} weights hold neither NaN nor infinity");
    }
}
