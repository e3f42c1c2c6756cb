using System.Text.Json;
using PluginLens.Models.Verification.Published;

namespace PluginLens.Models.Verification;

/// <summary>What documents print of well-known models, recognised by architecture and exact sizes.</summary>
public static class PublishedValues
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The name under which documents speak of a model; null for all others.</summary>
    /// <param name="config">The configuration.</param>
    public static string? NameOf(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.Traits.Contains(Trait.Stitched) ? null : (config.Architecture, config.NLayers, config.DModel, config.DVocab) switch
        {
            ("gpt2", 12, 768, 50257) => "gpt2",
            ("gpt2", 24, 1024, 50257) => "gpt2-medium",
            ("gpt2", 36, 1280, 50257) => "gpt2-large",
            ("bert", 12, 768, 30522) => "bert-base-uncased",
            _ => null,
        };
    }

    /// <summary>One check for each published number or list; none for other models, and none for processed weights, whose numbers differ.</summary>
    /// <param name="model">The model.</param>
    /// <param name="compute">Products over the vocabulary.</param>
    public static IReadOnlyList<ModelCheck> Run(Model model, Compute compute)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(compute);
        return model.Config.Processing.Count > 0 || model.Tokenizer is not { Unreadable: null } ? [] : [.. Checks(NameOf(model.Config)).SelectMany(check => check.Run(model, compute))];
    }

    /// <summary>What is published of a model.</summary>
    /// <param name="name">As <see cref="NameOf"/> gives it.</param>
    internal static IEnumerable<PublishedCheck> Checks(string? name) => name switch
    {
        "gpt2" =>
        [
            new VocabularyBias(Read<VocabularyBiasData>("vocabulary-bias")),
            .. Read<LensTableData[]>("lens-tables").Select(data => new LensTable(data)),
            .. Read<ContextPatternsData[]>("context-patterns").Select(data => new ContextPatterns(data)),
            new PromptPredictions(Read<PromptPredictionsData>("baseball-prompt")),
            new TokenPatterns(Read<TokenPatternsData>("token-patterns")),
        ],
        "gpt2-medium" =>
        [
            .. Pairs(name),
            .. Read<NeuronWordsData[]>("ffn-tables").Select(data => new NeuronWords(data)),
            .. Read<KnowledgeLookupData[]>("knowledge-lookup").Select(data => new KnowledgeRank(data)),
            new SetSimilarity(Read<SetSimilarityData>("sim-k")),
        ],
        "gpt2-large" => Pairs(name),
        "bert-base-uncased" =>
        [
            new StaticPatterns(Read<StaticPatternsData>("static-patterns")),
            .. Read<HeadProbeData[]>("head-probe").Select(data => new HeadProbe(data)),
            new PositionBias(Read<PositionBiasData>("position-bias")),
        ],
        _ => [],
    };

    /// <summary>The numbers of one kind.</summary>
    /// <param name="name">Of the file that ships with the program, without its ending.</param>
    internal static T Read<T>(string name)
    {
        using var stream = typeof(PublishedValues).Assembly.GetManifestResourceStream($"published.{name}.json")!;
        return JsonSerializer.Deserialize<T>(stream, Json)!;
    }

    private static IEnumerable<PublishedCheck> Pairs(string name) => Read<PairListData[]>("pair-lists").Where(data => data.Model == name).Select(data => new PairList(data));
}
