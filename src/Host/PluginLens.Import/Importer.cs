using PluginLens.Import.Gguf;
using PluginLens.Import.Graph;
using PluginLens.Import.Lowering;
using PluginLens.Import.Probe;
using PluginLens.Import.Recognition;
using PluginLens.Import.Source;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Writing;

namespace PluginLens.Import;

/// <summary>
/// Turns a plain ONNX file or a GGUF file into a model folder. In ONNX the transformer is recognised from the structure of the graph and from one run of it,
/// never from names; what was written is then run against the source, and kept only where both agree. GGUF says what it is.
/// </summary>
public static class Importer
{
    /// <summary>Names of the tokenizer files that belong to a model; <c>*</c> stands for any text.</summary>
    public static IReadOnlyList<string> TokenizerFiles => FolderTable.Files;

    /// <summary>Checks a destination before any work is done.</summary>
    /// <param name="destination">Where a model folder is to be written.</param>
    /// <param name="force">Whether an existing one is replaced.</param>
    /// <exception cref="ModelException">Something is there that is left alone.</exception>
    public static void RequireRoom(string destination, bool force) => FolderWriter.Refuse(destination, force);

    /// <summary>Imports a model.</summary>
    /// <param name="source">An ONNX file or a folder with one, or a GGUF file (of a split one, the first part).</param>
    /// <param name="destination">The model folder to write.</param>
    /// <param name="name">The model's name; null = the destination's.</param>
    /// <param name="force">Whether an existing model folder is replaced.</param>
    /// <param name="storage">How weights are stored. ONNX files become float32 and nothing else.</param>
    /// <param name="sourceName">What the folder calls its source; null = as the file, or its folder, is called.</param>
    /// <param name="cancellation">Stops the import; nothing is left behind.</param>
    /// <exception cref="ModelException">The source cannot be imported; says why. Nothing is left behind.</exception>
    public static ImportReport Import(string source, string destination, string? name = null, bool force = false, WeightStorage storage = WeightStorage.Stored, string? sourceName = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        ArgumentException.ThrowIfNullOrEmpty(destination);
        FolderWriter.Refuse(destination, force);
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(destination));
        if (GgufSource.Is(source))
        {
            return GgufImport.Import(source, target, name ?? Path.GetFileName(target), force, storage, sourceName, cancellation);
        }

        if (storage is WeightStorage.Float16 or WeightStorage.BFloat16)
        {
            throw new ModelException("Half precision is for GGUF files; an ONNX file is imported in float32.");
        }

        var file = SourceFile.Locate(source);
        if ((file + Path.DirectorySeparatorChar).StartsWith(target + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new ModelException($"'{destination}' holds the source itself; give another folder to write the model to.");
        }

        var model = SourceModel.Open(file);
        var config = SourceConfig.Beside(model.Folder);
        var (transformer, roles) = Recognise(model);
        cancellation.ThrowIfCancellationRequested();
        var recognised = new Configuration(transformer, config).Recognised();
        using var writer = new FolderWriter(destination, force);
        var (facts, notes) = ImportedFolder.Write(
            writer.Folder, recognised, name ?? Path.GetFileName(target), (sourceName ?? Path.GetFileName(model.Folder)!, model.DataFiles.Prepend(model.Path)),
            (f, n) => TokenizerCopy.Add(model.Folder, writer.Folder, config.Values, f, n), cancellation);
        var check = new NumericCheck(transformer, roles).Run(writer.Folder, cancellation);
        writer.Place();
        return new ImportReport(model.Path, target, [.. ImportFacts.Of(facts, recognised)], [.. writer.Notes, .. notes, .. Notes(transformer, check)], check);
    }

    private static IEnumerable<string> Notes(Transformer transformer, CheckResult check)
    {
        var model = transformer.Reading.Model;
        if (model.IsMerged)
        {
            yield return "the source is a merged decoder: its branch without past keys and values was imported";
        }

        if (!model.Outputs.Any(o => o.Name == transformer.Head.Output))
        {
            yield return $"the source gives probabilities, not logits: it was imported up to '{transformer.Head.Output}', which they are computed from";
        }

        if (model.IsDequantised)
        {
            yield return "the source is quantised: its weights were dequantised, and compared with a graph that rounds nothing as it runs";
        }

        if (check.LargestDifference > 1e-3)
        {
            yield return "cosines or scales of the source are rounded to half precision along with its weights; here they are exact, hence the difference";
        }
    }

    private static (Transformer Transformer, Dictionary<string, InputRole> Roles) Recognise(SourceModel model)
    {
        var stored = new GraphView(model.Nodes, model.Inputs.Select(i => i.Name));
        InputRoles.RefuseWithoutTokens(model, stored);
        Operators.Check(model.Nodes, stored.IsConstant);
        // Attention and rotations stay whole at first: how they lie in their inputs shows when they run.
        var fused = new GraphView(FusedOperators.Lower(model.Nodes), model.Inputs.Select(i => i.Name));
        var roles = InputRoles.Find(model, fused);
        var (nodes, stated) = AttentionOperators.Lower(fused.Nodes, ProbeRun.Shapes(model, fused, roles, AttentionOperators.Inputs(fused.Nodes)));
        var graph = new GraphView(nodes, model.Inputs.Select(i => i.Name));
        graph.SetTokens(InputRoles.Tokens(model, roles).Name);
        return (Transformer.Recognise(new Reading(model, graph, ProbeRun.Of(model, graph, roles), fused, stated)), roles);
    }
}
