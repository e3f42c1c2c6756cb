using PluginLens.Models.Format;

namespace PluginLens.Models.Tests.Format;

/// <summary>Sizes that contradict each other are refused, one case for each rule.</summary>
public sealed class ConfigCheckTests
{
    private static readonly ModelConfig Good = new()
    {
        DModel = 8, NHeads = 4, NLayers = 2, DHead = 6, DVocab = 20, DMlp = 16, NKeyValueHeads = 2, BosId = 19,
        Positions = "rotary", RotaryDim = 4, InvFreq = [1, 0.1], WindowSize = [null, 1], AttnScale = 2.5, Processing = ["fold_ln", "refactor_attn"],
    };

    private static IEnumerable<TestCaseData> Bad =>
    [
        new(Good with { NKeyValueHeads = 3 }, "4 query heads cannot share 3 key-value heads"),
        new(Good with { RotaryDim = 8, InvFreq = [1, 0.1, 0.01, 0.001] }, "rotary_dim 8 does not fit d_head 6"),
        new(Good with { RotaryDim = 3, InvFreq = [1] }, "rotary_dim 3"),
        new(Good with { InvFreq = [1] }, "rotary_dim 4 does not fit d_head 6 and 1 frequencies"),
        new(Good with { RotaryDim = 0, InvFreq = [] }, "positions are rotary, but there is no rotary_dim"),
        new(Good with { WindowSize = [1] }, "window_size has 1 entries for 2 layers"),
        new(Good with { WindowSize = [1, 0] }, "window_size has an entry below 1"),
        new(Good with { DMlp = 0 }, "d_mlp is missing"),
        new(Good with { AttnScale = 0 }, "attn_scale is 0"),
        new(Good with { Processing = ["fold_ln", "fold_all"] }, "processing step 'fold_all' is not known"),
        new(Good with { BosId = 20 }, "bos_id 20 lies outside the vocabulary of 20"),
        new(Good with { BosId = -1 }, "bos_id -1 lies outside"),
    ];

    [Test]
    public void Check_SizesThatFit_Pass()
    {
        Assert.That(() => ConfigCheck.Check(Good, Metadata(20), "folder"), Throws.Nothing);
        Assert.That(() => ConfigCheck.Check(Good with { WindowSize = [], BosId = 0, DMlp = 0, AttnOnly = true }, Metadata(1), "folder"), Throws.Nothing);
    }

    [TestCaseSource(nameof(Bad))]
    public void Check_SizesThatContradict_SaysWhich(ModelConfig config, string message) => Assert.That(
        () => ConfigCheck.Check(config, Metadata(20), "folder"),
        Throws.TypeOf<ModelException>().With.Message.Contain(message).And.Message.Not.Contain("\n"));

    [TestCase(0)]
    [TestCase(21)]
    public void Check_TokenizerLargerThanTheEmbeddingOrEmpty_IsRefused(int size) => Assert.That(
        () => ConfigCheck.Check(Good, Metadata(size), "folder"),
        Throws.TypeOf<ModelException>().With.Message.Contain($"the tokenizer knows {size} ids, the embedding has 20 rows"));

    private static Metadata Metadata(int tokenizerSize) => new("folder", new Dictionary<string, string>
    {
        ["pluginlens.format"] = "1",
        ["hooks"] = "{}",
        ["tokenizer_size"] = $"{tokenizerSize}",
    });
}
