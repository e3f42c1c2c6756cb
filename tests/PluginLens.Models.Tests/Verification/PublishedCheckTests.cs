using PluginLens.Models.Verification;
using PluginLens.Models.Verification.Published;
using PluginLens.Numerics;
using PluginLens.Testing;

namespace PluginLens.Models.Tests.Verification;

/// <summary>
/// The way to each published number on a small model with planted answers: the planted ones pass, others fail. W_E is the identity, so that entry (i, j) of
/// a head's matrix is the score of the pair of tokens i and j.
/// </summary>
public sealed class PublishedCheckTests
{
    private const int Size = 8;

    private static readonly CpuCompute Compute = new(1);

    private static readonly ModelConfig Config = new() { DModel = Size, NHeads = 1, NLayers = 2, DHead = Size, DVocab = Size, DMlp = Size, NCtx = Size, FinalNorm = true, Tied = true };

    /// <summary>Entry (i, j), all different: 8 i + j, row 0 last.</summary>
    private static float Entry(int i, int j) => (Size * ((i + Size - 1) % Size)) + j;

    [Test]
    public void VocabularyBias_PlantedBias_Passes()
    {
        // Mean 3.5: the largest is 3.5, the smallest -3.5.
        var model = Model().WithWeight("unembed.b_U", [0, 1, 2, 3, 4, 5, 6, 7], Size).WithWeight("ln_final.b", new float[Size], Size);
        var data = new VocabularyBiasData([new(" w7", 3.5), new(" w6", 2.5)], [-2.5, -3.5], [new(" w0", -3.5)], [new(" w2", -1.5)]);

        Assert.That(Failed(new VocabularyBias(data), model), Is.Zero);
        Assert.That(Failed(new VocabularyBias(data with { Top = [new(" w6", 3.5), new(" w7", 2.5)] }), model), Is.EqualTo(1));
        Assert.That(Failed(new VocabularyBias(data with { Top = [new("no such token", 3.5), new(" w6", 2.5)] }), model), Is.EqualTo(1));
        Assert.That(Failed(new VocabularyBias(data with { Bottom = [-2.5, -3.6] }), model), Is.EqualTo(1));
        Assert.That(Failed(new VocabularyBias(data with { BottomTokens = [new(" w0", -3.5), new(" w1", -3.5)] }), model), Is.EqualTo(1));
        Assert.That(Failed(new VocabularyBias(data with { Tokens = [new(" w3", -1.5)] }), model), Is.EqualTo(1));
    }

    [Test]
    public void VocabularyBias_BiasOfTheFinalNorm_GoesThroughTheUnembedding()
    {
        // W_U is the identity: the same numbers, as the bias of ln_final.
        var model = Model().WithoutWeight("unembed.b_U").WithWeight("ln_final.b", [0, 1, 2, 3, 4, 5, 6, 7], Size);

        Assert.That(Failed(new VocabularyBias(new VocabularyBiasData([new(" w7", 3.5)], [-3.5], [], [])), model), Is.Zero);
    }

    [TestCase("ov")]
    [TestCase("qk")]
    public void PairList_PlantedMatrix_Passes(string circuit)
    {
        var model = Model();
        string[][] pairs = [[" w0", " w7"], [" w0", " w6"], [" w0", " w5"]];
        var data = new PairListData("any", circuit, 1, 0, [new PairCount(56.5, 7), new PairCount(47.5, 16)], pairs);

        Assert.That(Failed(new PairList(data), model), Is.Zero);
        Assert.That(Failed(new PairList(data with { Counts = [new PairCount(56.5, 8)] }), model), Is.EqualTo(1));
        Assert.That(Failed(new PairList(data with { Counts = [new PairCount(56.5, 6)] }), model), Is.EqualTo(1));
        Assert.That(Failed(new PairList(data with { Pairs = [[" w0", " w7"], [" w0", " w5"], [" w0", " w6"]] }), model), Is.EqualTo(1));
        Assert.That(Failed(new PairList(data with { Pairs = [[" w7", " w0"]] }), model), Is.EqualTo(1), "rows and columns exchanged");
        Assert.That(Failed(new PairList(data with { Pairs = [["no such token", " w0"]] }), model), Is.EqualTo(1));
    }

    [Test]
    public void HeadProbe_PlantedHead_Passes()
    {
        var words = new Dictionary<string, string[]> { [" w0"] = [" w7", " w6", " w5"], [" w3"] = [" w7", " w6"] };

        Assert.That(Failed(new HeadProbe(new HeadProbeData(1, 0, words)), Model()), Is.Zero);
        Assert.That(Failed(new HeadProbe(new HeadProbeData(1, 0, new() { [" w3"] = [" w6", " w7"] })), Model()), Is.EqualTo(1));
        Assert.That(Failed(new HeadProbe(new HeadProbeData(0, 0, words)), Model()), Is.EqualTo(1), "another head");
        Assert.That(Failed(new HeadProbe(new HeadProbeData(1, 0, words)), Model().WithWeight("blocks.1.attn.W_K", new float[Size * Size], 1, Size, Size)), Is.EqualTo(1), "a head of zeros");
    }

    [Test]
    public void HeadProbe_Cosine_DoesNotCountTheLengthOfAnEmbedding()
    {
        // Token 1 ten times as long: its product is the largest, its cosine is not.
        var model = Model().WithWeight("embed.W_E", data => data[Size + 1] = 10);

        Assert.That(Failed(new HeadProbe(new HeadProbeData(1, 0, new() { [" w3"] = [" w7", " w6"] })), model), Is.Zero);
    }

    [Test]
    public void PositionBias_PlantedHead_Passes()
    {
        // Row 1 is 0, 1, ..., 7: its length is the root of 140.
        var model = Model().WithWeight("pos_embed.W_pos", Identity(), Size, Size);
        var data = new PositionBiasData(1, 0, 1, [new(7, 7 / Math.Sqrt(140)), new(6, 6 / Math.Sqrt(140))]);

        Assert.That(Failed(new PositionBias(data), model), Is.Zero);
        Assert.That(Failed(new PositionBias(data with { Top = [new(6, 7 / Math.Sqrt(140))] }), model), Is.EqualTo(1));
        Assert.That(Failed(new PositionBias(data with { Position = 2 }), model), Is.EqualTo(1));
        Assert.That(Failed(new PositionBias(data), model.WithWeight("blocks.1.attn.W_K", new float[Size * Size], 1, Size, Size)), Is.EqualTo(1), "a head of zeros");
    }

    [TestCase(0, 2, 3)]
    [TestCase(1, 5, 1)]
    [TestCase(1, 0, 2)]
    [TestCase(1, 1, 4)]
    public void KnowledgeRank_PlantedValues_CountsLargerOnesInAllLayers(int layer, int neuron, int rank)
    {
        // The query points to token 2 (and a little away from the others); values hold one multiple of it each, equal ones in order of layer and neuron.
        var model = Model().WithWeight("blocks.0.mlp.W_out", Values((2, 1f)), Size, Size).WithWeight("blocks.1.mlp.W_out", Values((5, 3f), (0, 2f), (1, 1f)), Size, Size);

        Assert.That(Failed(new KnowledgeRank(new KnowledgeLookupData(["w2"], layer, neuron, rank)), model), Is.Zero);
        Assert.That(Failed(new KnowledgeRank(new KnowledgeLookupData(["w2"], layer, neuron, rank + 1)), model), Is.EqualTo(1));
        Assert.That(Failed(new KnowledgeRank(new KnowledgeLookupData(["w3"], layer, neuron, rank)), model), Is.EqualTo(1));
    }

    [Test]
    public void NeuronWords_PlantedNeuron_ComparesKeyValueAndNegatives()
    {
        // Key 3 is column 3 of W_in, value 3 is row 3 of W_out.
        var input = new float[Size * Size];
        var output = new float[Size * Size];
        for (var at = 0; at < Size; at++)
        {
            (input[(at * Size) + 3], output[(3 * Size) + at]) = (at - 4, 4 - at);
        }

        var words = new FakeTokenizer([" w0", " w1", "w2", " w3", " w4", " é", "sixteen-letters-", " w7"]);
        var model = Model().WithTokenizer(words).WithWeight("blocks.1.mlp.W_in", input, Size, Size).WithWeight("blocks.1.mlp.W_out", output, Size, Size);
        var data = new NeuronWordsData(1, 3, false, ["w7", "#sixteen-letter..."], ["w0", "w1", "#w2"], ["w0", "w1"], ["w7"]);

        Assert.That(Failed(new NeuronWords(data), model), Is.Zero);
        Assert.That(Failed(new NeuronWords(data with { Keys = ["w7", "#sixteen-letters-"] }), model), Is.Zero, "not cut");
        Assert.That(Failed(new NeuronWords(data with { Keys = ["w7", "é"] }), model), Is.EqualTo(1));
        Assert.That(Failed(new NeuronWords(data with { Values = ["w0", "w1", "w2"] }), model), Is.EqualTo(1), "w2 has no leading space");
        Assert.That(Failed(new NeuronWords(data with { MinusKeys = ["w1", "w0"], MinusValues = ["w0"] }), model), Is.EqualTo(2));
        Assert.That(Failed(new NeuronWords(data with { Neuron = 2 }), model), Is.EqualTo(4), "a neuron of zeros");
        Assert.That(Failed(new NeuronWords(data with { Keys = ["w7", "#sixteen-letters-", "w4"], OnlyAscii = true }), model), Is.Zero, "without é");
        Assert.That(Failed(new NeuronWords(data with { Keys = ["w7", "#sixteen-letters-", "é"] }), model), Is.Zero);
    }

    [Test]
    public void SetSimilarity_RandomWeights_EqualsTheNaiveWay()
    {
        var model = FakeModel.Gpt2Like(Config with { DVocab = 40, DMlp = 12 }, seed: 3);
        double[] Naive(Func<int, IEnumerable<(float[] X, float[] Y)>> pairs) => [.. Enumerable.Range(0, 2).Select(layer => pairs(layer).Average(pair => Jaccard(model, pair.X, pair.Y, 5)))];
        var data = new SetSimilarityData(
            5,
            Naive(layer => Enumerable.Range(0, 12).Select(i => (Column(model.Weight($"blocks.{layer}.mlp.W_in").AsMatrix(), i), model.Weight($"blocks.{layer}.mlp.W_out").AsMatrix().Row(i).ToArray()))),
            Naive(layer => Enumerable.Range(0, Size).Select(j => (Column(model.WV(layer, 0), j), model.WO(layer, 0).Row(j).ToArray()))),
            Naive(layer => Enumerable.Range(0, Size).Select(j => (Column(model.WQ(layer, 0), j), Column(model.WK(layer, 0), j)))));

        Assert.That(Failed(new SetSimilarity(data), model), Is.Zero);
        Assert.That(Failed(new SetSimilarity(data with { QueryKey = data.ValueOutput }), model), Is.EqualTo(1));
    }

    [Test]
    public void LensTable_PlantedStates_NormsAllButTheFirst()
    {
        // A LayerNorm with gain 1 turns (±a, 0, ...) into (±2, 0, ...): the mean is 0, the variance a²/4.
        var model = Model().WithWeight("ln_final.b", new float[Size], Size).WithoutWeight("unembed.b_U")
            .WithHook("blocks.0.hook_resid_pre", [], _ => State(3, 0, 6)).WithHook("blocks.1.hook_resid_pre", [], _ => State(1, 1, 2)).WithHook("blocks.1.hook_resid_post", [], _ => State(5, 4, 5));
        var data = new LensTableData(" w1 w2", true, " w4", [0, 0, 2], [new(["w0"], [3]), new(["w1"], [2]), new(["w4"], [2])]);

        Assert.That(Failed(new LensTable(data), model), Is.Zero);
        Assert.That(Failed(new LensTable(data with { RawFirst = false }), model), Is.EqualTo(2), "scores of the words, and by rank");
        Assert.That(Failed(new LensTable(data with { Predicted = " w5", PredictedDots = [0, 0, -2] }), model), Is.EqualTo(1), "w5 is not what is predicted");
        Assert.That(Failed(new LensTable(data with { PredictedDots = [0, 0.1, 2] }), model), Is.EqualTo(1));
    }

    [Test]
    public void LensTable_WithoutTheFinalState_ComparesTheOthersAndThePrediction()
    {
        var model = Model().WithWeight("ln_final.b", new float[Size], Size).WithoutWeight("unembed.b_U")
            .WithHook("blocks.0.hook_resid_pre", [], _ => State(3, 0, 6)).WithHook("blocks.1.hook_resid_pre", [], _ => State(1, 1, 2)).WithHook("blocks.1.hook_resid_post", [], _ => State(5, 4, 5));
        var data = new LensTableData(" w1 w2", false, " w4", [0, 0], [new(["w0"], [2]), new(["w1"], [2])]);

        Assert.That(Failed(new LensTable(data), model), Is.Zero);
        Assert.That(Failed(new LensTable(data with { Layers = [new(["w0"], [2]), new(["w3"], [2])] }), model), Is.EqualTo(1));
        Assert.That(Failed(new LensTable(data with { Predicted = " w3" }), model), Is.EqualTo(1), "w4 is what is predicted");
    }

    [Test]
    public void PromptPredictions_PlantedLogits_Passes()
    {
        var model = Model().WithHook("logits", [], _ => new Tensor("logits", Values((0, 1f), (1, 1f)).AsMemory(0, 2 * Size), 1, 2, Size))
            .WithHook("blocks.1.mlp.hook_post", [], _ => new Tensor("post", Enumerable.Range(0, 2 * Size).Select(at => (float)at).ToArray(), 1, 2, Size));
        var data = new PromptPredictionsData(" w1 w3", [" w2", " w2"], 1, 6, 6);

        Assert.That(Failed(new PromptPredictions(data), model), Is.Zero);
        Assert.That(Failed(new PromptPredictions(data with { Predictions = [" w2", " w3"] }), model), Is.EqualTo(1));
        Assert.That(Failed(new PromptPredictions(data with { Activation = 6.1 }), model), Is.EqualTo(1));
    }

    [TestCase("gpt2", 12, 768, 50257, "gpt2", 8)]
    [TestCase("gpt2", 24, 1024, 50257, "gpt2-medium", 8)]
    [TestCase("gpt2", 36, 1280, 50257, "gpt2-large", 2)]
    [TestCase("bert", 12, 768, 30522, "bert-base-uncased", 4)]
    [TestCase("bert", 6, 384, 30522, null, 0)]
    [TestCase("gpt2", 4, 128, 4096, null, 0)]
    public void NameOf_ExactSizes_FindsWhatIsPublished(string architecture, int layers, int width, int vocabulary, string? name, int checks)
    {
        var config = Config with { Architecture = architecture, NLayers = layers, DModel = width, DVocab = vocabulary };

        Assert.That(PublishedValues.NameOf(config), Is.EqualTo(name));
        Assert.That(PublishedValues.Checks(name).Count(), Is.EqualTo(checks));
    }

    private static int Failed(PublishedCheck check, Model model) => check.Run(model, Compute).Count(result => !result.Passed);

    /// <summary>W_E and W_U the identity; in layer 1 both circuits of the head are <see cref="Entry"/>.</summary>
    private static FakeModel Model()
    {
        var entries = new float[Size * Size];
        for (var i = 0; i < Size; i++)
        {
            for (var j = 0; j < Size; j++)
            {
                entries[(i * Size) + j] = Entry(i, j);
            }
        }

        return FakeModel.Gpt2Like(Config, seed: 1)
            .WithWeight("embed.W_E", Identity(), Size, Size).WithWeight("unembed.W_U", Identity(), Size, Size)
            .WithWeight("blocks.1.attn.W_Q", entries, 1, Size, Size).WithWeight("blocks.1.attn.W_K", Identity(), 1, Size, Size)
            .WithWeight("blocks.1.attn.W_V", entries, 1, Size, Size).WithWeight("blocks.1.attn.W_O", Identity(), 1, Size, Size);
    }

    private static float[] Identity() => [.. Enumerable.Range(0, Size * Size).Select(at => at % (Size + 1) == 0 ? 1f : 0f)];

    /// <summary>Rows of zeros but for multiples of token 2.</summary>
    private static float[] Values(params (int Neuron, float Factor)[] rows)
    {
        var values = new float[Size * Size];
        foreach (var (neuron, factor) in rows)
        {
            values[(neuron * Size) + 2] = factor;
        }

        return values;
    }

    /// <summary>Two positions; the last holds +value at one token and -value at another.</summary>
    private static Tensor State(float value, int up, int down)
    {
        var data = new float[2 * Size];
        (data[Size + up], data[Size + (down == up ? (up + 1) % Size : down)]) = (value, -value);
        return new Tensor("state", data, 1, 2, Size);
    }

    private static float[] Column(Matrix matrix, int column) => [.. Enumerable.Range(0, matrix.Rows).Select(row => matrix.Row(row)[column])];

    private static double Jaccard(Model model, float[] x, float[] y, int k)
    {
        int[] Top(float[] vector) => [.. Enumerable.Range(0, model.Config.DVocab).OrderByDescending(id => Math.Abs(vector.Zip(model.WE.Row(id).ToArray()).Sum(pair => (double)pair.First * pair.Second))).Take(k)];
        var (first, second) = (Top(x), Top(y));
        return (double)first.Intersect(second).Count() / first.Union(second).Count();
    }
}
