using System.Text.RegularExpressions;
using PluginLens.Host;
using PluginLens.Plugins.Attribution;
using PluginLens.Plugins.Circuits;
using PluginLens.Plugins.Ffn;
using PluginLens.Plugins.FinetuneDiff;
using PluginLens.Plugins.Messages;
using PluginLens.Plugins.Parameters;
using PluginLens.Plugins.Patterns;
using PluginLens.Plugins.States;
using PluginLens.Plugins.Stitching;
using PluginLens.Tests.Shared;

namespace PluginLens.Plugins.Tests;

/// <summary>
/// How far each analysis holds for each kind of model. What the rules behind the table are: circuits, keys and values are products of weights, so a norm or a
/// head that stands between them and the logits makes them approximate; heads of grouped-query models are found exactly, so that alone changes nothing; where a
/// query meets a key, rotary positions stand between them; lenses need an unembedding, and what they read of an encoder is not what its head makes of it.
/// </summary>
public sealed class VerdictTests
{
    private const Verdict Exact = Verdict.Exact;
    private const Verdict About = Verdict.Approximate;
    private const Verdict Undef = Verdict.Undefined;

    private static readonly string[] Models = ["gpt2", "bert", "encoder", "llama", "gemma2", "attn-only", "openai-gpt", "mixtral", "bloom", "qwen3", "olmo2", "phi3-long"];

    /// <summary>What the exporter's models of each family have.</summary>
    private static readonly Dictionary<string, Trait[]> TraitsOf = new()
    {
        ["gpt2"] = [Trait.Tied],
        ["bert"] = [Trait.Bidirectional, Trait.PostNorm, Trait.MaskedLmHead, Trait.Tied],
        ["encoder"] = [Trait.Bidirectional, Trait.PostNorm, Trait.NoUnembed],
        ["llama"] = [Trait.Rotary, Trait.NoPositionEmbeddings, Trait.GroupedQuery, Trait.RmsNorm, Trait.GatedMlp, Trait.Untied],
        ["gemma2"] = [Trait.Rotary, Trait.NoPositionEmbeddings, Trait.GroupedQuery, Trait.RmsNorm, Trait.GatedMlp, Trait.SublayerNorm, Trait.ScoreSoftCap, Trait.LogitSoftCap, Trait.Windowed, Trait.Tied],
        ["attn-only"] = [Trait.AttentionOnly, Trait.Untied],
        ["openai-gpt"] = [Trait.PostNorm, Trait.Tied],
        ["mixtral"] = [Trait.Rotary, Trait.NoPositionEmbeddings, Trait.GroupedQuery, Trait.RmsNorm, Trait.GatedMlp, Trait.Experts, Trait.Untied],
        ["bloom"] = [Trait.Alibi, Trait.NoPositionEmbeddings, Trait.Tied],
        ["qwen3"] = [Trait.Rotary, Trait.NoPositionEmbeddings, Trait.GroupedQuery, Trait.RmsNorm, Trait.GatedMlp, Trait.QkNorm, Trait.Tied],
        ["olmo2"] = [Trait.Rotary, Trait.NoPositionEmbeddings, Trait.RmsNorm, Trait.GatedMlp, Trait.QkNorm, Trait.SublayerNorm, Trait.Untied],
        ["phi3-long"] = [Trait.Rotary, Trait.RotaryScaled, Trait.NoPositionEmbeddings, Trait.RmsNorm, Trait.GatedMlp, Trait.Untied],
    };

    /// <summary>In the order of <see cref="Models"/>.</summary>
    private static readonly Dictionary<string, Verdict[]> Expected = new()
    {
        ["ov-pairs"] = [Exact, About, About, Exact, About, Exact, About, Exact, Exact, Exact, About, Exact],
        ["qk-pairs"] = [Exact, About, About, About, About, Exact, About, About, About, About, About, About],
        ["ffn-keys-values"] = [Exact, About, About, Exact, About, Undef, About, Undef, Exact, Exact, About, Exact],
        ["subheads"] = [Exact, About, About, About, About, Exact, About, About, Exact, About, About, About],
        ["knowledge-lookup"] = [Exact, About, About, Exact, About, Exact, About, Undef, Exact, Exact, About, Exact],
        ["rk-overlap"] = [Exact, About, Undef, Exact, About, Exact, About, Undef, Exact, Exact, About, Exact],
        ["rk-final"] = [Exact, About, Undef, Exact, About, Exact, About, Undef, Exact, Exact, About, Exact],
        ["sim-k"] = [Exact, About, About, About, About, Exact, About, Undef, Exact, About, About, About],
        ["finetune-diff"] = [Exact, About, About, Exact, About, Exact, About, Undef, Exact, Exact, About, Exact],
        ["hidden-projection"] = [Exact, About, Undef, Exact, About, Exact, About, Exact, Exact, Exact, Exact, Exact],
        ["align-layers"] = [Exact, Exact, Exact, Exact, Exact, Exact, Exact, Undef, Exact, Exact, Exact, Exact],
        ["stitch"] = [Exact, About, About, Exact, Exact, Exact, About, Exact, Exact, Exact, Exact, Exact],
        ["keep-k"] = [Exact, Exact, About, Exact, Exact, Exact, Exact, Exact, Exact, Exact, Exact, Exact],
        ["isotropy"] = [Exact, Exact, Exact, Exact, Exact, Exact, Exact, Exact, Exact, Exact, Exact, Exact],
        ["embedding-map"] = [Exact, About, About, Exact, About, Exact, About, Undef, Exact, Exact, About, Exact],
        ["patterns-static"] = [Exact, Exact, Exact, About, About, Exact, Exact, About, About, About, About, About],
        ["head-probe"] = [Exact, Exact, Exact, About, About, Exact, Exact, About, About, About, About, About],
        ["patterns"] = [Exact, Exact, Exact, About, About, Exact, Exact, About, About, About, About, About],
        ["messages"] = [Exact, About, About, Exact, About, Exact, About, Exact, Exact, Exact, About, Exact],
        ["messages-static"] = [Exact, About, About, Exact, About, Exact, About, Exact, Exact, Exact, About, Exact],
        ["vocab-bias"] = [Exact, Exact, Undef, Exact, About, Exact, Exact, Exact, Exact, Exact, Exact, Exact],
        ["logit-lens"] = [Exact, Undef, Undef, Exact, Exact, Exact, About, Exact, Exact, Exact, Exact, Exact],
        ["attention"] = [Exact, Exact, Exact, Exact, Exact, Exact, Exact, Exact, Exact, Exact, Exact, Exact],
        ["head-detector"] = [Exact, Undef, Undef, Exact, About, Exact, Exact, Exact, Exact, Exact, Exact, Exact],
        ["logit-attribution"] = [Exact, Undef, Undef, Exact, About, Exact, Undef, Exact, Exact, Exact, About, Exact],
        ["activations"] = [Exact, Exact, Exact, Exact, Exact, Exact, Exact, Exact, Exact, Exact, Exact, Exact],
    };

    private static readonly Dictionary<string, Type> TypeOf = new()
    {
        ["ov-pairs"] = typeof(OvPairs),
        ["align-layers"] = typeof(AlignLayers),
        ["stitch"] = typeof(Stitch),
        ["keep-k"] = typeof(KeepK),
        ["isotropy"] = typeof(Isotropy),
        ["qk-pairs"] = typeof(QkPairs),
        ["ffn-keys-values"] = typeof(FfnKeysValues),
        ["subheads"] = typeof(Subheads),
        ["knowledge-lookup"] = typeof(KnowledgeLookup),
        ["rk-overlap"] = typeof(RkOverlap),
        ["rk-final"] = typeof(RkFinal),
        ["sim-k"] = typeof(SimK),
        ["finetune-diff"] = typeof(FinetuneDiff.FinetuneDiff),
        ["hidden-projection"] = typeof(HiddenProjection),
        ["logit-lens"] = typeof(LogitLens),
        ["attention"] = typeof(Attention),
        ["head-detector"] = typeof(HeadDetector),
        ["logit-attribution"] = typeof(LogitAttribution),
        ["embedding-map"] = typeof(EmbeddingMap),
        ["patterns-static"] = typeof(PatternsStatic),
        ["head-probe"] = typeof(HeadProbe),
        ["patterns"] = typeof(TextPatterns),
        ["messages"] = typeof(TextMessages),
        ["messages-static"] = typeof(MessagesStatic),
        ["vocab-bias"] = typeof(VocabBias),
        ["activations"] = typeof(ActivationsToFiles),
    };

    private static IEnumerable<TestCaseData> Cases =>
        Expected.SelectMany(row => Models.Select((model, at) => new TestCaseData(row.Key, model).Returns(row.Value[at])));

    [TestCaseSource(nameof(Cases))]
    public Verdict? Verdict_EachAnalysisAndFamily_IsWhatTheAnalysisAllows(string analysis, string model) => Of(analysis, model).Verdict;

    [TestCase("qk-pairs", "llama", "--offset")]
    [TestCase("ov-pairs", "bert", "masked-LM head")]
    [TestCase("rk-overlap", "bert", "masked-LM head")]
    [TestCase("hidden-projection", "bert", "--head")]
    [TestCase("ov-pairs", "encoder", "no unembedding")]
    [TestCase("knowledge-lookup", "encoder", "no unembedding")]
    [TestCase("ffn-keys-values", "attn-only", "no MLPs")]
    [TestCase("sim-k", "gemma2", "norm follows each sublayer")]
    [TestCase("qk-pairs", "bloom", "bias by distance")]
    [TestCase("qk-pairs", "qwen3", "normed before they meet")]
    [TestCase("subheads", "qwen3", "normed before they meet")]
    [TestCase("sim-k", "olmo2", "normed before they meet")]
    [TestCase("qk-pairs", "phi3-long", "rope_attention_factor")]
    [TestCase("finetune-diff", "mixtral", "neurons belong to experts")]
    public void Reasons_NotExact_SayWhatIsLeftOut(string analysis, string model, string reason) => Assert.That(Of(analysis, model).Reasons, Has.Some.Contains(reason));

    private static IEnumerable<string> Ids => TypeOf.Keys;

    [TestCaseSource(nameof(Ids))]
    public void Page_SaysForWhichModelsItHolds(string analysis)
    {
        var type = TypeOf[analysis];
        var source = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Plugins"), $"{type.Name}.cs", SearchOption.AllDirectories).Single();
        var page = File.ReadAllText(Path.Combine(Path.GetDirectoryName(source)!, $"{analysis}.md"));

        // Both ways: a line of the page that the code does not state is as wrong.
        var stated = Applicability.Stated(type).Where(holds => holds.Trait is not null).Select(holds => $"* `{Names.Kebab(holds.Trait.ToString()!)}` {Names.Kebab(holds.Verdict.ToString())}: {holds.Because}");
        var lines = page.Split('\n').Where(line => System.Text.RegularExpressions.Regex.IsMatch(line, "^\\* `[a-z-]+` (exact|approximate|undefined): "));
        Assert.That(lines, Is.EquivalentTo(stated));
        foreach (var holds in Applicability.Stated(type))
        {
            Assert.That(page, Does.Contain(holds.Trait is { } trait
                ? $"* `{Names.Kebab(trait.ToString())}` {Names.Kebab(holds.Verdict.ToString())}: {holds.Because}"
                : $"Exact for every model: {holds.Because}"));
        }
    }

    private static Applicability Of(string analysis, string model)
    {
        var config = new ModelConfig { DModel = 8, NHeads = 2, NLayers = 2, DHead = 4, DVocab = 20, Traits = TraitsOf[model].ToHashSet() };
        return Applicability.Of(TypeOf[analysis], config);
    }
}
