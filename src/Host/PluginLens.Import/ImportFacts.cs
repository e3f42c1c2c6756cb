using System.Text.Json.Nodes;
using PluginLens.Import.Recognition;
using PluginLens.Models.Format;

namespace PluginLens.Import;

/// <summary>What an import tells about the model that it found.</summary>
internal static class ImportFacts
{
    /// <summary>What the user reads about the model, as label and value.</summary>
    /// <param name="facts">The metadata.</param>
    /// <param name="model">What was recognised.</param>
    public static IEnumerable<KeyValuePair<string, string>> Of(JsonObject facts, RecognisedModel model)
    {
        string Text(string key) => facts[key] is { } value ? MetadataJson.Text(value) : "";
        yield return new("architecture", Text("architecture"));
        yield return new("sizes", $"{Text("n_layers")} {(Text("n_layers") == "1" ? "layer" : "layers")}, d_model {Text("d_model")}, d_vocab {Text("d_vocab")}, n_ctx {Text("n_ctx")}");
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
