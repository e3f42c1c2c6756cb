using PluginLens.Files;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Files;

namespace PluginLens.Models;

/// <summary>Opens model folders, and refuses those that break docs/model-folder.md with one line that says what is wrong.</summary>
public static class ModelFolder
{
    /// <summary>Opens a folder; weights are mapped, nothing is computed.</summary>
    /// <param name="path">A folder with <c>model.onnx</c>, or that file.</param>
    /// <param name="options">Device, and what is asked of the weights.</param>
    public static OnnxModel Open(string path, OpenOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        var maps = new Dictionary<string, MappedFile>(StringComparer.Ordinal);
        try
        {
            var file = Path.GetFullPath(Locate(path));
            return Open(Path.GetDirectoryName(file)!, file, maps, options);
        }
        catch (Exception error)
        {
            foreach (var map in maps.Values)
            {
                map.Dispose();
            }

            if (error is IOException or UnauthorizedAccessException or OverflowException)
            {
                throw new ModelException($"'{path}' cannot be read: {error.Message.ReplaceLineEndings(" ")}", error);
            }

            throw;
        }
    }

    /// <summary>
    /// Whether the files of a folder stay readable while they are mapped, even if somebody cuts them: on Linux where a lease is given on each, on Windows always. Elsewhere such a cut kills who reads, so run there in a process
    /// that may die.
    /// </summary>
    /// <param name="path">A folder with <c>model.onnx</c>, or that file.</param>
    public static bool IsKept(string path)
    {
        return OperatingSystem.IsWindows() || Directory.EnumerateFiles(Path.GetDirectoryName(Path.GetFullPath(Locate(path)))!).All(IsFileKept);

        static bool IsFileKept(string file)
        {
            try
            {
                return FileLease.IsGiven(file);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return true; // What cannot be opened is not mapped either.
            }
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
        SlimModel.CheckSeal(map, proto);
        var config = metadata.Config();
        ConfigCheck.Check(config, metadata, folder);
        GraphCheck.Check(proto, metadata.Hooks, file);
        var weights = new WeightTable(config, folder, file, maps).Read(proto.Graph, metadata.DType);
        var tokenizerFault = TokenizerCheck.Fault(folder, metadata.TokenizerFiles);
        config = config with { Traits = Traits.Of(config, weights.ContainsKey, metadata.TokenizerFiles.Count > 0) };
        var hashes = ModelHashes.Of(map, [.. maps.Values.Where(other => other != map)], metadata, options);
        return new OnnxModel(folder, proto, config, metadata, weights, [.. maps.Values], hashes, options, tokenizerFault);
    }

    private static string Locate(string path)
    {
        var file = Directory.Exists(path) ? Path.Combine(path, FolderFiles.Graph) : path;
        if (File.Exists(file))
        {
            return !IsGguf(file) ? file : throw new ModelException($"'{path}' is a GGUF file, not a model folder; import it first: pluginlens import {path} <new folder>.");
        }

        // Two levels are what exporters make; links are not followed, so that this ends.
        var nearby = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
        var other = Directory.Exists(path) ? Directory.EnumerateFiles(path, "*.onnx", nearby).FirstOrDefault() : null;
        throw other is not null
            ? new ModelException($"'{path}' holds {Path.GetRelativePath(path, other)} but no {FolderFiles.Graph}: it is not a model folder; import it first: pluginlens import {path} <new folder>.")
            : new ModelException($"'{path}' is not a model folder: it holds no {FolderFiles.Graph}. Export one there, or name another folder.");
    }

    private static bool IsGguf(string file)
    {
        Span<byte> head = stackalloc byte[4];
        using var handle = RegularFile.Handle(file, SizeLimit.None);
        return RandomAccess.Read(handle, head, 0) == head.Length && head.SequenceEqual("GGUF"u8);
    }
}
