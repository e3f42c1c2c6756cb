using System.Globalization;
using System.Text.Json;

namespace PluginLens.Onnx;

/// <summary>The metadata of a model folder: flat keys, strings plain, everything else JSON text. See docs/model-folder.md.</summary>
internal sealed class Metadata(string folder, IReadOnlyDictionary<string, string> values)
{
    /// <summary>The format that this program reads.</summary>
    private const string Format = "1";

    /// <summary>Everything as written.</summary>
    public IReadOnlyDictionary<string, string> Values => values;

    /// <summary>Name to sha-256 of each tokenizer file.</summary>
    public IReadOnlyDictionary<string, string> TokenizerFiles => Json<Dictionary<string, string>>("tokenizer_files") ?? [];

    /// <summary>Hook name to dimensions.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Hooks { get; } = ReadHooks(folder, values);

    /// <summary>Ids that the tokenizer knows, or null.</summary>
    public int? TokenizerSize => Has("tokenizer_size") ? Int("tokenizer_size") : null;

    /// <summary>Refuses a file that is ONNX but not a model folder, and formats of the future.</summary>
    public void RequireFormat()
    {
        if (!values.TryGetValue("pluginlens.format", out var format))
        {
            throw new ModelException($"'{folder}' holds a plain ONNX file, not a model folder; import it first: pluginlens import {folder} <new folder>.");
        }

        if (format != Format)
        {
            throw new ModelException($"'{folder}' has model folder format '{format}'; this program reads format {Format}. Export it again or update the program.");
        }
    }

    /// <summary>The configuration; traits are added by the caller, who knows the weights.</summary>
    public ModelConfig Config() => new()
    {
        Name = Text("name", Path.GetFileName(folder)),
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
        NormPlacement = Text("norm_placement", null),
        Positions = Text("positions", null),
        FinalNorm = Bool("final_norm"),
        Eps = Number("eps"),
        AttnScale = Number("attn_scale"),
        ActFn = values.GetValueOrDefault("act_fn"),
        GatedMlp = Bool("gated_mlp"),
        AttnOnly = Bool("attn_only"),
        ParallelAttnMlp = Bool("parallel_attn_mlp"),
        Tied = Bool("tied"),
        RotaryDim = Has("rotary_dim") ? Count("rotary_dim") : 0,
        InvFreq = Frequencies(),
        RopeAttentionFactor = Has("rope_attention_factor") ? Number("rope_attention_factor") : 1,
        RotaryAdjacentPairs = Bool("rotary_adjacent"),
        WindowSize = Json<int?[]>("window_size") ?? [],
        AttnScoresSoftCap = Has("attn_scores_soft_cap") ? Number("attn_scores_soft_cap") : null,
        OutputLogitsSoftCap = Has("output_logits_soft_cap") ? Number("output_logits_soft_cap") : null,
        BosId = Has("bos_id") ? Int("bos_id") : null,
        Processing = Json<string[]>("processing") ?? [],
        Metadata = values,
    };

    private static Dictionary<string, IReadOnlyList<string>> ReadHooks(string folder, IReadOnlyDictionary<string, string> values)
    {
        var hooks = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        if (!values.TryGetValue("hooks", out var text))
        {
            return hooks;
        }

        try
        {
            using var json = JsonDocument.Parse(text);
            foreach (var hook in json.RootElement.EnumerateObject())
            {
                hooks[hook.Name] = [.. hook.Value.EnumerateArray().Select(dimension => dimension.ToString())];
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new ModelException($"'{folder}': the metadata key 'hooks' is not a JSON object of lists; export the model again.", error);
        }

        return hooks;
    }

    private bool Has(string key) => values.TryGetValue(key, out var text) && text != "null";

    private double[] Frequencies()
    {
        if (!Has("inv_freq"))
        {
            return [];
        }

        // Models with a rotary base of their own in some layers store a list of lists; the first one serves weight-space analyses.
        return values["inv_freq"].TrimStart().StartsWith("[[", StringComparison.Ordinal) ? Json<double[][]>("inv_freq")![0] : Json<double[]>("inv_freq")!;
    }

    private string Text(string key, string? otherwise) => values.TryGetValue(key, out var text) ? text : otherwise ?? throw Bad(key, "a text", "nothing");

    private string Choice(string key, params string[] allowed) =>
        Text(key, null) is var text && allowed.Contains(text) ? text : throw Bad(key, string.Join(" or ", allowed), $"'{text}'");

    private int Int(string key) => int.TryParse(Text(key, null), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw Bad(key, "an integer", $"'{values[key]}'");

    private int Count(string key) => Int(key) is > 0 and var count ? count : throw Bad(key, "a positive integer", $"'{values[key]}'");

    private double Number(string key) =>
        double.TryParse(Text(key, null), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && number >= 0 ? number : throw Bad(key, "a number", $"'{values[key]}'");

    private bool Bool(string key) => values.TryGetValue(key, out var text) && text switch
    {
        "true" => true,
        "false" or "null" => false,
        _ => throw Bad(key, "true or false", $"'{text}'"),
    };

    private T? Json<T>(string key)
        where T : class
    {
        try
        {
            return values.TryGetValue(key, out var text) ? JsonSerializer.Deserialize<T>(text) : null;
        }
        catch (JsonException error)
        {
            throw new ModelException($"'{folder}': the metadata key '{key}' is not the JSON that was expected ({typeof(T).Name}); export the model again.", error);
        }
    }

    private ModelException Bad(string key, string expected, string found) =>
        new($"'{folder}': the metadata key '{key}' should be {expected}, found {found}; export the model again.");
}
