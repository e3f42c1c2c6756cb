using PluginLens.Testing;

namespace PluginLens.Host.Tests;

internal static class TestModels
{
    public static FakeModel Tiny { get; } = FakeModel.Gpt2Like(
        new ModelConfig { Name = "fake", DModel = 4, NHeads = 2, NLayers = 1, DHead = 2, DVocab = 6, NCtx = 8, DMlp = 8 },
        tokenizer: new FakeTokenizer([" the", " cat", "\n", "!", "é", "[CLS]"], "[CLS]"));
}
