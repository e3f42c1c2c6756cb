using PluginLens.Host;

namespace PluginLens.Plugins.Tests;

/// <summary>
/// Why an analysis does not hold for a kind of model. The rules behind what the tests of each expect: circuits, keys and values are products of weights, so a norm or a
/// head that stands between them and the logits makes them approximate; heads of grouped-query models are found exactly, so that alone changes nothing; where a
/// query meets a key, rotary positions stand between them; lenses need an unembedding, and what they read of an encoder is not what its head makes of it.
/// </summary>
public sealed class VerdictTests
{
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
    public void Reasons_NotExact_SayWhatIsLeftOut(string analysis, string model, string reason) => Assert.That(
        Applicability.Of(Analyses.All.Single(type => Analyses.Id(type) == analysis), Architectures.Config(model)).Reasons, Has.Some.Contains(reason));
}
