using System.Globalization;
using System.Text.Json.Nodes;
using PluginLens.Import.Graph;
using PluginLens.Import.Probe;
using PluginLens.Import.Recognition;
using PluginLens.Import.Source;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Canonical;
using PluginLens.Models.Format.Writing;

namespace PluginLens.Import;

/// <summary>
/// Turns a plain ONNX file into a model folder. The transformer is recognised from the structure of the graph and from one run of it, never
/// from names; what was written is then run against the source, and kept only where both agree.
/// </summary>
public static class Importer
{
    /// <summary>Imports a model.</summary>
    /// <param name="source">An ONNX file, or a folder with one.</param>
    /// <param name="destination">The model folder to write.</param>
    /// <param name="name">The model's name; null = the destination's.</param>
    /// <param name="force">Whether an existing model folder is replaced.</param>
    /// <param name="cancellation">Stops the import; nothing is left behind.</param>
    /// <exception cref="ModelException">The source cannot be imported; says why. Nothing is left behind.</exception>
    public static ImportReport Import(string source, string destination, string? name = null, bool force = false, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        ArgumentException.ThrowIfNullOrEmpty(destination);
        FolderWriter.Refuse(destination, force);
        var file = SourceFile.Locate(source);
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(destination));
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
        var (facts, notes) = ImportedFolder.Write(writer.Folder, recognised, model, name ?? Path.GetFileName(target), config.Values, cancellation);
        var check = new NumericCheck(transformer, roles).Run(writer.Folder, cancellation);
        writer.Place();
        return new ImportReport(model.Path, target, [.. Found(facts, recognised)], [.. notes, .. Rounding(model, check)], check);
    }

    private static IEnumerable<string> Rounding(SourceModel model, CheckResult check)
    {
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
        var graph = new GraphView(FusedOperators.Lower(model.Nodes), model.Inputs.Select(i => i.Name));
        var roles = InputRoles.Find(model, graph);
        graph.SetTokens(roles.First(r => r.Value == InputRole.Tokens).Key);
        return (Transformer.Recognise(new Reading(model, graph, ProbeRun.Of(model, graph, roles))), roles);
    }

    /// <summary>What the user reads about the model.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Found(JsonObject facts, RecognisedModel model)
    {
        string Text(string key) => facts[key] is { } value ? MetadataJson.Text(value) : "";
        yield return new("architecture", Text("architecture"));
        yield return new("sizes", $"{Text("n_layers")} layers, d_model {Text("d_model")}, d_vocab {Text("d_vocab")}, n_ctx {Text("n_ctx")}");
        var keyHeads = facts.ContainsKey("n_key_value_heads") ? $", {Text("n_key_value_heads")} key-value heads" : "";
        yield return new("attention", $"{Text("attention_dir")}, {Text("n_heads")} heads of {Text("d_head")}{keyHeads}, scores / {facts["attn_scale"]!.GetValue<double>():g5}");
        yield return new("mlp", facts.ContainsKey("attn_only") ? "none"
            : $"d_mlp {Text("d_mlp")}, {Text("act_fn")}{(facts.ContainsKey("gated_mlp") ? ", gated" : "")}{(facts.ContainsKey("parallel_attn_mlp") ? ", beside the attention" : "")}");
        yield return new("norm", $"{Text("norm")}, {(Text("norm_placement") == "post" ? "behind" : "before")} the sublayers, eps {facts["eps"]!.GetValue<double>():g3}");
        yield return new("positions", Text("positions") + (facts.ContainsKey("rotary_dim") ? $" ({Text("rotary_dim")} of {Text("d_head")} dimensions)" : ""));
        yield return new("head", !facts.ContainsKey("tied") ? "none: the output is the last block's" : facts["tied"]!.GetValue<bool>() ? "tied to the embedding" : "untied");
        yield return new("tokenizer", facts.ContainsKey("tokenizer_kind") ? $"{Text("tokenizer_kind")}, {Text("tokenizer_size")} ids" : "none");
        yield return new("weights", $"{model.Weights.Count} tensors, {model.Weights.Sum(w => w.Shape.Aggregate(1L, (a, b) => a * b)):n0} numbers");
    }
}
