using PluginLens.Plugins.States;
using PluginLens.Testing;
using Choice = PluginLens.Toolkit.EmbeddingChoice;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>rk-overlap</c> and <c>rk-final</c> on every checkpoint equal the naive sets of states and of active parameters.</summary>
public sealed class RkCheckpointTests
{
    private const int K = 15;
    private const int M = 3;

    /// <summary>Not all of the second prompt.</summary>
    private const int Positions = 13;

    [Test]
    public void Overlap_EqualsTheNaiveSets([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values(Choice.Auto, Choice.Output)] Choice embedding) =>
        AssertOverlap(name, new RkOptions { Embedding = embedding }, new NaiveRk(CheckpointModels.Get(name), K, M, Positions) { Embedding = $"{embedding}", Keep = id => CheckpointModels.HasText(name, id) });

    [Test]
    public void Overlap_PaddingKept_EqualsTheNaiveSets([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Padded))] string name) =>
        AssertOverlap(name, Given.Option<RkOptions>("padding", "keep"), new NaiveRk(CheckpointModels.Get(name), K, M, Positions));

    [Test]
    public void Overlap_KeysOfTheLinearBranch_EqualTheNaiveSets([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Gated))] string name) => AssertOverlap(
        name, Given.Option<RkOptions>("key", "in"), new NaiveRk(CheckpointModels.Get(name), K, M, Positions) { Keys = "K_in", Keep = id => CheckpointModels.HasText(name, id) });

    [Test]
    public void Overlap_InputEmbedding_ReadsStatesWithItToo([Values("llama", "mistral")] string name) =>
        AssertOverlap(name, new RkOptions { Embedding = Choice.Input }, new NaiveRk(CheckpointModels.Get(name), K, M, Positions) { Embedding = "Input" });

    [Test]
    public void Overlap_FoldedWeights_EqualsTheNaiveSets([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Folded))] string name) =>
        AssertOverlap(name, new RkOptions(), new NaiveRk(CheckpointModels.Get(name), K, M, Positions));

    [Test]
    public void Overlap_OnlyAscii_DividesByWhatIsLeft([Values("gpt2", "bert", "llama3")] string name)
    {
        var model = CheckpointModels.Get(name);
        AssertOverlap(name, new RkOptions { OnlyAscii = true }, new NaiveRk(model, K, M, Positions) { Listed = id => model.Token(id).Text.All(char.IsAscii) });
    }

    [Test]
    public void Final_EqualsTheNaiveSets([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name)
    {
        var model = CheckpointModels.Get(name);

        var rows = TestRun.Execute(new RkFinal(), model, new RkOptions { K = K, M = M, Positions = Positions }, CheckpointModels.Prompts).Rows<RkRow>("rk-final");

        new NaiveRk(model, K, M, Positions) { StateLayer = _ => model.Config.NLayers - 1, Keep = id => CheckpointModels.HasText(name, id) }
            .AssertSame([.. rows.Select(row => (row.Layer, row.Group, row.Rk, row.Random, row.Positions))]);
    }

    [Test]
    public void Final_StatesOfTheLastBlock_HaveTheTopTokensOfTheLogits([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name)
    {
        // With --head, or without one to take, the last state's words are the model's own predictions; a soft-cap keeps their order.
        var model = CheckpointModels.Get(name);
        if (name == "openai-gpt")
        {
            Assert.That(model.HasWeight("unembed.b_U"), Is.False, "a bias would be left out");
        }

        var rows = TestRun.Execute(
            new RkFinal(), model, new RkOptions { K = K, M = M, Positions = Positions, Head = CheckpointModels.Encoders.Contains(name) }, CheckpointModels.Prompts).Rows<RkRow>("rk-final");

        new NaiveRk(model, K, M, Positions) { Logits = tokens => model.Run(new ModelInput(tokens), ["logits"])["logits"], Keep = id => CheckpointModels.HasText(name, id) }
            .AssertSame([.. rows.Select(row => (row.Layer, row.Group, row.Rk, row.Random, row.Positions))]);
    }

    [Test]
    public void Overlap_Head_ReadsEveryLayerThroughTheMaskedLmHead([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Encoders))] string name)
    {
        var model = CheckpointModels.Get(name);
        var (first, last) = (NaiveStates.Output(model, 0), NaiveStates.Output(model, model.Config.NLayers - 1));

        var rows = Overlap(model, new RkOptions { Head = true, Layer = Selection.Parse("0") });

        // The logits of the model when the first block's output stands in for the last one's.
        new NaiveRk(model, K, M, Positions)
        {
            Layers = 1,
            Logits = tokens => model.Run(new ModelInput(tokens) { Replace = new Dictionary<string, Tensor> { [last] = model.Run(new ModelInput(tokens), [first])[first] } }, ["logits"])["logits"],
        }.AssertSame(rows);
    }

    private static void AssertOverlap(string name, RkOptions options, NaiveRk naive) => naive.AssertSame(Overlap(CheckpointModels.Get(name), options));

    private static List<(int Layer, string Group, double Rk, double Random, int Positions)> Overlap(Model model, RkOptions options) =>
        [.. TestRun.Execute(new RkOverlap(), model, options with { K = K, M = M, Positions = Positions }, CheckpointModels.Prompts).Rows<RkRow>("rk-overlap")
            .Select(row => (row.Layer, row.Group, row.Rk, row.Random, row.Positions))];
}
