using System.Security.Cryptography;
using System.Text;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Files;

namespace PluginLens.Models;

/// <summary>What identifies the model of a folder: graph, metadata and weights.</summary>
/// <param name="Model">Hash of model.onnx where its metadata record the weights and these fit, else a hash over that and the hashes of the weights.</param>
/// <param name="Weights">Hash of model.onnx.data; of several files, over their names and hashes; null where there is none, or nobody asked.</param>
/// <param name="State">How the weights compare with what is recorded; null where nobody asked.</param>
internal sealed record ModelHashes(string Model, string? Weights, WeightsState? State)
{
    /// <summary>Hashes the files, or recalls their hashes.</summary>
    /// <param name="file">model.onnx.</param>
    /// <param name="data">The files that weights lie in, beside it.</param>
    /// <param name="metadata">With the hash of the weights, or without.</param>
    /// <param name="options">What is asked of the weights, and where hashes are remembered.</param>
    /// <exception cref="ModelException">The weights do not fit, and have to.</exception>
    public static ModelHashes Of(MappedFile file, IReadOnlyList<MappedFile> data, Metadata metadata, OpenOptions options)
    {
        var (memory, graph) = (new HashMemory(options.HashFolder), FileHash.Of(file));
        if (options.Weights == WeightsPolicy.Ignore)
        {
            return new ModelHashes(graph, null, null);
        }

        if (data.Count == 0)
        {
            return new ModelHashes(graph, null, metadata.IsSealed ? WeightsState.Verified : WeightsState.NotRecorded);
        }

        var (state, lines) = (WeightsState.Verified, new List<string>());
        var weights = string.Empty;
        MappedFile[] parts = [.. data];
        Array.Sort(parts, (one, other) => string.CompareOrdinal(one.Path, other.Path));
        foreach (var part in parts)
        {
            var name = Path.GetFileName(part.Path);
            var recorded = name == FolderFiles.Weights && metadata.WeightsSha256 is { Length: > 0 } known ? known : null;

            // Nothing is refused from memory.
            weights = memory.Of(part, hash => recorded is null || hash == recorded);
            lines.Add($"{name} {weights}\n");
            state = recorded is null ? Worse(state, WeightsState.NotRecorded) : weights == recorded ? state : options.Weights == WeightsPolicy.Report ? WeightsState.NotVerified : throw new ModelException(
                $"'{part.Path}' has sha-256 {FileHash.Short(weights)}…, the metadata in {Path.GetFileName(file.Path)} say {FileHash.Short(recorded)}…: the weights are another model's, changed or damaged. " +
                "Copy or export the model again; 'run --unverified-weights' takes them as they are.");
        }

        weights = lines.Count == 1 ? weights : Combined(lines);
        return new ModelHashes(state == WeightsState.Verified ? graph : Combined([$"{graph}\n", .. lines]), weights, state);
    }

    private static WeightsState Worse(WeightsState one, WeightsState other) => one > other ? one : other;

    private static string Combined(IEnumerable<string> lines) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines))));
}
