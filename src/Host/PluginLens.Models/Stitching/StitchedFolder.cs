using Google.Protobuf;
using PluginLens.Files;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Canonical;
using PluginLens.Models.Format.Proto;
using PluginLens.Models.Format.Writing;

namespace PluginLens.Models.Stitching;

/// <summary>Writes two models that are joined at a seam as one model folder; docs/model-folder.md says what it holds.</summary>
internal static class StitchedFolder
{
    private const string MapName = "stitch.K";

    /// <summary>Writes the folder beside its place, reads it back, compares it with both models, and only then puts it in place.</summary>
    /// <param name="receiver">The receiver.</param>
    /// <param name="destination">A folder that does not exist.</param>
    /// <param name="seam">Where they are joined.</param>
    public static void Write(OnnxModel receiver, string destination, Seam seam)
    {
        ArgumentException.ThrowIfNullOrEmpty(destination);
        ArgumentNullException.ThrowIfNull(seam);
        if (Path.Exists(destination))
        {
            throw new ModelException($"'{destination}' exists; give a new folder to write the stitched model to.");
        }

        var donor = SeamRules.Donor(receiver, seam);
        var graph = new StitchedGraph(donor, receiver, seam);
        try
        {
            using var writer = new FolderWriter(destination, force: false);
            Write(writer.Folder, Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(destination))), donor, receiver, seam, graph);
            StitchedCheck.Run(writer.Folder, donor, receiver, seam);
            writer.Place();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"'{destination}' cannot be written: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }

    private static void Write(string folder, string name, OnnxModel donor, OnnxModel receiver, Seam seam, StitchedGraph graph)
    {
        var written = new List<WrittenWeight>();
        string digest;
        using (var data = new DataFile(Path.Combine(folder, FolderFiles.Weights)))
        {
            written.AddRange(Weights(graph, receiver, seam).Select(data.Add));
            digest = data.Digest();
        }

        foreach (var file in receiver.TokenizerFileHashes.Keys)
        {
            File.Copy(Path.Combine(receiver.Folder, file), Path.Combine(folder, file));
        }

        var model = new ModelProto { IrVersion = Math.Max(donor.Proto.IrVersion, receiver.Proto.IrVersion), ProducerName = "PluginLens", Graph = graph.Build(name, written) };
        model.OpsetImport.Add(receiver.Proto.OpsetImport);
        model.MetadataProps.Add(StitchedMetadata.Of(receiver, seam, graph, name, digest).Select(entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }));
        model.MetadataProps.Add(new StringStringEntryProto { Key = "seal", Value = CanonicalProto.Seal(model) });
        WrittenFile.WriteAll(Path.Combine(folder, FolderFiles.Graph), model.ToByteArray());
    }

    /// <summary>All in float32: widening is exact, and rounding the map to half precision would not be.</summary>
    private static IEnumerable<CanonicalWeight> Weights(StitchedGraph graph, OnnxModel receiver, Seam seam)
    {
        foreach (var (name, weight) in graph.Weights())
        {
            long[] shape = [.. weight.Shape.Select(extent => (long)extent)];
            shape[0] = name == "pos_embed.W_pos" ? Math.Min(receiver.Config.NCtx, seam.Donor.Config.NCtx) : shape[0];
            var count = (int)shape.Aggregate(1L, (product, extent) => product * extent);
            yield return new CanonicalWeight(name, shape, () => weight.Read().Data[..count].ToArray());
        }

        yield return new CanonicalWeight(MapName, [seam.Map.Rows, seam.Map.Columns], () =>
        {
            var map = new float[seam.Map.Rows * seam.Map.Columns];
            for (var row = 0; row < seam.Map.Rows; row++)
            {
                seam.Map.CopyRow(row, map.AsSpan(row * seam.Map.Columns, seam.Map.Columns));
            }

            return map;
        });
    }
}
