using System.Globalization;

namespace PluginLens.Models.Format;

/// <summary>The metadata of a model folder: flat keys, strings plain, everything else JSON text. See docs/model-folder.md.</summary>
internal sealed class Metadata
{
    private readonly string _folder;
    private readonly IReadOnlyDictionary<string, string> _values;

    /// <summary>Refuses a file that is ONNX but not a model folder, and formats of the future.</summary>
    /// <param name="folder">For messages.</param>
    /// <param name="values">Everything as written.</param>
    public Metadata(string folder, IReadOnlyDictionary<string, string> values)
    {
        (_folder, _values) = (folder, values);
        RequireFormat();
        TokenizerFiles = Json("tokenizer_files", MetadataJson.Texts) ?? [];
        Stitched = Json("stitched", MetadataJson.Stitched);
        Hooks = Json("hooks", MetadataJson.Dimensions) ?? throw Bad("hooks", "an object of lists", "nothing");
    }

    /// <summary>Name to sha-256 of each tokenizer file.</summary>
    public IReadOnlyDictionary<string, string> TokenizerFiles { get; }

    /// <summary>Hook name to dimensions.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Hooks { get; }

    /// <summary>Where a stitched model is joined; null for all others.</summary>
    public StitchedFacts? Stitched { get; }

    /// <summary>Ids that the tokenizer knows, or null.</summary>
    public int? TokenizerSize => Has("tokenizer_size") ? Int("tokenizer_size") : null;

    /// <summary>Why text cannot be encoded though tokens can be shown, or null.</summary>
    public string? TextRefused => _values.GetValueOrDefault("text_refused");

    /// <summary>How weights are stored: <c>float32</c>, <c>float16</c>, <c>bfloat16</c>, or <c>stored</c>: each in its own type.</summary>
    public string DType => Choice("dtype", "float32", "float16", "bfloat16", WeightTable.StoredType);

    /// <summary>Sha-256 of the data file, or null.</summary>
    public string? WeightsSha256 => _values.GetValueOrDefault("weights_sha256");

    /// <summary>Whether a seal stands over graph and metadata.</summary>
    public bool IsSealed => _values.ContainsKey("seal");

    /// <summary>The configuration; traits are added by the caller, who knows the weights.</summary>
    public ModelConfig Config() => new()
    {
        Name = Text("name", Path.GetFileName(_folder)),
        Architecture = Text("architecture", null),
        DModel = Count("d_model"),
        NHeads = Count("n_heads"),
        NLayers = Count("n_layers"),
        DHead = Count("d_head"),
        DVocab = Count("d_vocab"),
        NCtx = Count("n_ctx"),
        NKeyValueHeads = Has("n_key_value_heads") ? Count("n_key_value_heads") : null,
        DMlp = Has("d_mlp") ? Count("d_mlp") : 0,
        AttentionDir = Choice("attention_dir", "causal", "bidirectional"),
        Norm = Choice("norm", "LN", "RMS", "LNPre", "RMSPre"),
        NormPlacement = Choice("norm_placement", "pre", "post", "pre_and_post", "after"),
        Positions = Choice("positions", "learned", "shortformer", "rotary", "alibi", "none"),
        FinalNorm = Bool("final_norm"),
        Eps = Number("eps"),
        AttnScale = Number("attn_scale"),
        ActFn = Has("act_fn") ? _values["act_fn"] : null,
        GatedMlp = Bool("gated_mlp"),
        AttnOnly = Bool("attn_only"),
        ParallelAttnMlp = Bool("parallel_attn_mlp"),
        Tied = Bool("tied"),
        RotaryDim = Has("rotary_dim") ? Count("rotary_dim") : 0,
        // Models with several rotary bases store a list for each; the first one serves weight-space analyses.
        InvFreq = Json("inv_freq", MetadataJson.Numbers) ?? [],
        RopeAttentionFactor = Has("rope_attention_factor") ? Number("rope_attention_factor") : 1,
        RotaryAdjacentPairs = Bool("rotary_adjacent"),
        WindowSize = Json("window_size", MetadataJson.Integers) ?? [],
        AttnScoresSoftCap = Has("attn_scores_soft_cap") ? Number("attn_scores_soft_cap") : null,
        OutputLogitsSoftCap = Has("output_logits_soft_cap") ? Number("output_logits_soft_cap") : null,
        BosId = Has("bos_id") ? Int("bos_id") : null,
        Processing = Json("processing", MetadataJson.List) ?? [],
        Metadata = _values,
    };

    private void RequireFormat()
    {
        if (!_values.TryGetValue("pluginlens.format", out var format))
        {
            throw new ModelException($"'{_folder}' holds a plain ONNX file, not a model folder; import it first: pluginlens import {_folder} <new folder>.");
        }

        if (format != FolderTable.Format)
        {
            throw new ModelException($"'{_folder}' has model folder format '{format}'; this program reads format {FolderTable.Format}. Export it again or update the program.");
        }
    }

    private bool Has(string key) => _values.TryGetValue(key, out var text) && text != "null";

    private string Text(string key, string? otherwise) => _values.TryGetValue(key, out var text) ? text : otherwise ?? throw Bad(key, "a text", "nothing");

    private string Choice(string key, params string[] allowed) =>
        Text(key, null) is var text && allowed.Contains(text) ? text : throw Bad(key, string.Join(" or ", allowed), $"'{text}'");

    private int Int(string key) => int.TryParse(Text(key, null), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw Bad(key, "an integer", $"'{_values[key]}'");

    private int Count(string key) => Int(key) is > 0 and var count ? count : throw Bad(key, "a positive integer", $"'{_values[key]}'");

    private double Number(string key) =>
        double.TryParse(Text(key, null), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && number >= 0 ? number : throw Bad(key, "a number", $"'{_values[key]}'");

    private bool Bool(string key) => _values.TryGetValue(key, out var text) && text switch
    {
        "true" => true,
        "false" or "null" => false,
        _ => throw Bad(key, "true or false", $"'{text}'"),
    };

    private T? Json<T>(string key, Func<string, T> read)
        where T : class
    {
        try
        {
            return Has(key) ? read(_values[key]) : null;
        }
        catch (FormatException error)
        {
            throw new ModelException($"'{_folder}': the metadata key '{key}' is not the JSON that belongs there ({error.Message.TrimEnd('.')}); export the model again.", error);
        }
    }

    private ModelException Bad(string key, string expected, string found) =>
        new($"'{_folder}': the metadata key '{key}' should be {expected}, found {found}; export the model again.");
}
